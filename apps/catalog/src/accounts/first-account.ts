import { ConfigError } from '@kedge/config';
import { hashPassword, SERVICE_CONTEXT, type ServiceContext } from '@kedge/service';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { epochSeconds } from '../wire/timestamp.js';
import { ADMIN } from './account-rules.js';

const LOCK = 'kedge first account';

/** Makes account and user `admin` at the first start; replicas that start together make them once (api spec 8.2). */
@Injectable()
export class FirstAccount implements OnModuleInit {
  constructor(@Inject(SERVICE_CONTEXT) private readonly context: ServiceContext) {}

  /** @throws ConfigError at the first start when `default_admin_password` is not set. Later it is not looked at. */
  async onModuleInit(): Promise<void> {
    const { sql, config } = this.context;
    await sql.transaction(async (tx) => {
      await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, [LOCK]);
      const found = await tx.query(`SELECT 1 FROM accounts WHERE name = $1`, [ADMIN]);
      if (found.length > 0) return;
      const password = config.default_admin_password?.reveal();
      if (!password) {
        throw new ConfigError(config.file, [
          {
            path: 'default_admin_password',
            message: 'No default admin password provided; the first start needs one for the user admin',
          },
        ]);
      }
      const now = epochSeconds();
      await tx.query(
        `INSERT INTO accounts (name, state, type, email, created_at, last_updated)
         VALUES ($1, 'enabled', 'admin', $2, $3, $3)`,
        [ADMIN, config.default_admin_email, now],
      );
      await tx.query(
        `INSERT INTO account_users (username, account_name, type, created_at, last_updated)
         VALUES ($1, $1, 'native', $2, $2)`,
        [ADMIN, now],
      );
      await tx.query(
        `INSERT INTO user_access_credentials (username, type, value, created_at) VALUES ($1, 'password', $2, $3)`,
        [ADMIN, await hashPassword(password), now],
      );
    });
  }
}
