import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A feed of vulnerabilities or official packages; its records are in groups. */
@Entity('feeds')
export class Feed {
  @PrimaryColumn({ type: 'varchar', primaryKeyConstraintName: 'feeds_pkey' })
  name!: string;

  @Column({ type: 'varchar', nullable: true })
  description!: string | null;

  @Column({ type: 'integer', name: 'access_tier', nullable: true })
  accessTier!: number | null;

  /** When all enabled groups were brought up to date last. */
  @Column({ type: 'timestamptz', name: 'last_full_sync', nullable: true })
  lastFullSync!: Date | null;

  @Column({ type: 'timestamptz', name: 'last_update', nullable: true })
  lastUpdate!: Date | null;

  @Column({ type: 'timestamptz', name: 'created_at', default: () => 'now()' })
  createdAt!: Date;

  @Column({ type: 'boolean', default: true })
  enabled!: boolean;
}
