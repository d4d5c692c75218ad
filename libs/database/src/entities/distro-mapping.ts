import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What a distribution's name stands for in feeds: `centos` is looked up as `rhel`. */
@Entity('distro_mappings')
export class DistroMapping {
  @PrimaryColumn({ type: 'varchar', name: 'from_distro', primaryKeyConstraintName: 'distro_mappings_pkey' })
  fromDistro!: string;

  @Column({ type: 'varchar', name: 'to_distro' })
  toDistro!: string;

  /** Family whose order its versions follow: `RHEL`, `DEB`, `ALPINE`, `BUSYB`. */
  @Column({ type: 'varchar' })
  flavor!: string;

  @Column({ type: 'timestamptz', name: 'created_at', default: () => 'now()' })
  createdAt!: Date;
}
