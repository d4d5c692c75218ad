import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Accounts, their users and credentials, the rows by which services announce themselves, and settings that the
 * installation makes for itself - first of all the token by which its services know each other.
 */
export class IdentitySchema1795500000002 implements MigrationInterface {
  readonly name = 'IdentitySchema1795500000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE accounts (
        name varchar NOT NULL,
        state varchar NOT NULL DEFAULT 'enabled',
        type varchar NOT NULL DEFAULT 'user',
        email varchar,
        created_at integer NOT NULL,
        last_updated integer NOT NULL,
        CONSTRAINT accounts_pkey PRIMARY KEY (name),
        CONSTRAINT accounts_state_check CHECK (state IN ('enabled', 'disabled', 'deleting')),
        CONSTRAINT accounts_type_check CHECK (type IN ('user', 'admin', 'service'))
      )`);
    await runner.query(`
      CREATE TABLE account_users (
        username varchar NOT NULL,
        account_name varchar NOT NULL,
        type varchar NOT NULL DEFAULT 'native',
        source varchar,
        uuid uuid NOT NULL DEFAULT gen_random_uuid(),
        created_at integer NOT NULL,
        last_updated integer NOT NULL,
        CONSTRAINT account_users_pkey PRIMARY KEY (username),
        CONSTRAINT account_users_uuid_key UNIQUE (uuid),
        CONSTRAINT account_users_account_fkey FOREIGN KEY (account_name) REFERENCES accounts (name)
      )`);
    await runner.query(`CREATE INDEX account_users_account_name_idx ON account_users (account_name)`);
    await runner.query(`
      CREATE TABLE user_access_credentials (
        username varchar NOT NULL,
        type varchar NOT NULL DEFAULT 'password',
        value varchar NOT NULL,
        created_at integer NOT NULL,
        CONSTRAINT user_access_credentials_pkey PRIMARY KEY (username, type),
        CONSTRAINT user_access_credentials_user_fkey FOREIGN KEY (username) REFERENCES account_users (username)
          ON DELETE CASCADE
      )`);
    await runner.query(`
      CREATE TABLE services (
        hostid varchar NOT NULL,
        servicename varchar NOT NULL,
        type varchar,
        version varchar,
        base_url varchar,
        short_description text,
        status boolean NOT NULL DEFAULT false,
        status_message varchar,
        heartbeat integer NOT NULL,
        created_at integer NOT NULL,
        last_updated integer NOT NULL,
        record_state_key varchar NOT NULL DEFAULT 'active',
        record_state_val varchar,
        CONSTRAINT services_pkey PRIMARY KEY (hostid, servicename)
      )`);
    await runner.query(`
      CREATE TABLE kedge_setting (
        name varchar NOT NULL,
        value text NOT NULL,
        CONSTRAINT kedge_setting_pkey PRIMARY KEY (name)
      )`);
    // Two random UUIDs are 244 random bits from the server's strong source.
    await runner.query(`
      INSERT INTO kedge_setting (name, value)
      VALUES ('service_token', replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''))`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['kedge_setting', 'services', 'user_access_credentials', 'account_users', 'accounts']) {
      await runner.query(`DROP TABLE ${table}`);
    }
  }
}
