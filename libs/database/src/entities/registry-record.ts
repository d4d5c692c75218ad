import { Column, Entity, PrimaryColumn } from 'typeorm';

/** How an account logs in to a registry. Times are seconds since 1970. */
@Entity('registries')
export class RegistryLogin {
  @PrimaryColumn({ type: 'varchar', primaryKeyConstraintName: 'registries_pkey' })
  registry!: string;

  @PrimaryColumn({ type: 'varchar', primaryKeyConstraintName: 'registries_pkey' })
  userId!: string;

  @Column({ type: 'varchar', name: 'registry_type', default: 'docker_v2' })
  registryType!: string;

  @Column({ type: 'varchar', name: 'registry_name', nullable: true })
  registryName!: string | null;

  @Column({ type: 'varchar', name: 'registry_user', nullable: true })
  registryUser!: string | null;

  @Column({ type: 'varchar', name: 'registry_pass', nullable: true })
  registryPass!: string | null;

  @Column({ type: 'boolean', name: 'registry_verify', default: true })
  registryVerify!: boolean;

  @Column({ type: 'text', name: 'registry_meta', nullable: true })
  registryMeta!: string | null;

  @Column({ type: 'varchar', name: 'record_state_key', default: 'active' })
  recordStateKey!: string;

  @Column({ type: 'varchar', name: 'record_state_val', nullable: true })
  recordStateVal!: string | null;

  @Column({ type: 'integer', name: 'created_at' })
  createdAt!: number;

  @Column({ type: 'integer', name: 'last_updated' })
  lastUpdated!: number;
}
