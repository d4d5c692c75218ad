import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A policy bundle; its document is the object `policy_bundles/<policyId>`. Times are seconds since 1970. */
@Entity('policy_bundle')
@Index('policy_bundle_active_key', ['userId'], { unique: true, where: 'active' })
export class PolicyBundleRecord {
  @PrimaryColumn({ type: 'varchar', primaryKeyConstraintName: 'policy_bundle_pkey' })
  policyId!: string;

  @PrimaryColumn({ type: 'varchar', primaryKeyConstraintName: 'policy_bundle_pkey' })
  userId!: string;

  @Column({ type: 'boolean', default: false })
  active!: boolean;

  @Column({ type: 'varchar', name: 'policy_source', default: 'local' })
  policySource!: string;

  @Column({ type: 'integer', name: 'created_at' })
  createdAt!: number;

  @Column({ type: 'integer', name: 'last_updated' })
  lastUpdated!: number;
}
