import { Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';

/** A user, who logs in and acts for the account. Times are seconds since 1970. */
@Entity('account_users')
@Unique('account_users_uuid_key', ['uuid'])
export class AccountUser {
  @PrimaryColumn({ type: 'varchar', primaryKeyConstraintName: 'account_users_pkey' })
  username!: string;

  @Index('account_users_account_name_idx')
  @Column({ type: 'varchar', name: 'account_name' })
  accountName!: string;

  @Column({ type: 'varchar', default: 'native' })
  type!: string;

  @Column({ type: 'varchar', nullable: true })
  source!: string | null;

  @Column({ type: 'uuid', default: () => 'gen_random_uuid()' })
  uuid!: string;

  @Column({ type: 'integer', name: 'created_at' })
  createdAt!: number;

  @Column({ type: 'integer', name: 'last_updated' })
  lastUpdated!: number;
}
