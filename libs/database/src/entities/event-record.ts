import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Something that happened, for the operator or for an account. Times are seconds since 1970. */
@Entity('events')
@Index('events_timestamp_idx', ['timestamp'])
@Index('events_resource_idx', ['resourceUserId', 'resourceType', 'resourceId'])
export class EventRecord {
  @PrimaryColumn({
    type: 'uuid',
    name: 'generated_uuid',
    primaryKeyConstraintName: 'events_pkey',
    default: () => 'gen_random_uuid()',
  })
  generatedUuid!: string;

  @Column({ type: 'varchar', name: 'resource_user_id', nullable: true })
  resourceUserId!: string | null;

  @Column({ type: 'varchar', name: 'resource_id', nullable: true })
  resourceId!: string | null;

  @Column({ type: 'varchar', name: 'resource_type', nullable: true })
  resourceType!: string | null;

  @Column({ type: 'varchar', name: 'source_servicename' })
  sourceServicename!: string;

  @Column({ type: 'varchar', name: 'source_hostid' })
  sourceHostid!: string;

  @Column({ type: 'varchar', name: 'source_base_url', nullable: true })
  sourceBaseUrl!: string | null;

  @Column({ type: 'varchar', name: 'source_request_id', nullable: true })
  sourceRequestId!: string | null;

  @Column({ type: 'varchar' })
  type!: string;

  @Column({ type: 'varchar' })
  level!: string;

  @Column({ type: 'varchar', nullable: true })
  message!: string | null;

  @Column({ type: 'text', nullable: true })
  details!: string | null;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  timestamp!: Date;

  @Column({ type: 'integer', name: 'created_at' })
  createdAt!: number;
}
