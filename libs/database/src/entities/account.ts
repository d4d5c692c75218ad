import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

/** An account: images, policies and registries belong to one. Times are seconds since 1970. */
@Entity('accounts')
@Check('accounts_state_check', `state IN ('enabled', 'disabled', 'deleting')`)
@Check('accounts_type_check', `type IN ('user', 'admin', 'service')`)
export class Account {
  @PrimaryColumn({ type: 'varchar', primaryKeyConstraintName: 'accounts_pkey' })
  name!: string;

  @Column({ type: 'varchar', default: 'enabled' })
  state!: 'enabled' | 'disabled' | 'deleting';

  @Column({ type: 'varchar', default: 'user' })
  type!: 'user' | 'admin' | 'service';

  @Column({ type: 'varchar', nullable: true })
  email!: string | null;

  @Column({ type: 'integer', name: 'created_at' })
  createdAt!: number;

  @Column({ type: 'integer', name: 'last_updated' })
  lastUpdated!: number;
}
