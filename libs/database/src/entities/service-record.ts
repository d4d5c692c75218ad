import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A running service and when it was last heard of. Times are seconds since 1970. */
@Entity('services')
export class ServiceRecord {
  @PrimaryColumn({ type: 'varchar', primaryKeyConstraintName: 'services_pkey' })
  hostid!: string;

  @PrimaryColumn({ type: 'varchar', primaryKeyConstraintName: 'services_pkey' })
  servicename!: string;

  @Column({ type: 'varchar', nullable: true })
  type!: string | null;

  @Column({ type: 'varchar', nullable: true })
  version!: string | null;

  @Column({ type: 'varchar', name: 'base_url', nullable: true })
  baseUrl!: string | null;

  @Column({ type: 'text', name: 'short_description', nullable: true })
  shortDescription!: string | null;

  @Column({ type: 'boolean', default: false })
  status!: boolean;

  @Column({ type: 'varchar', name: 'status_message', nullable: true })
  statusMessage!: string | null;

  @Column({ type: 'integer' })
  heartbeat!: number;

  @Column({ type: 'integer', name: 'created_at' })
  createdAt!: number;

  @Column({ type: 'integer', name: 'last_updated' })
  lastUpdated!: number;

  @Column({ type: 'varchar', name: 'record_state_key', default: 'active' })
  recordStateKey!: string;

  @Column({ type: 'varchar', name: 'record_state_val', nullable: true })
  recordStateVal!: string | null;
}
