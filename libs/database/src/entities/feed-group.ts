import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * A part of a feed that is brought up to date for itself, `debian:12` of `vulnerabilities`. Whoever changes its records
 * changes its row as well: cached verdicts depend on the row.
 */
@Entity('feed_groups')
export class FeedGroup {
  @PrimaryColumn({ type: 'varchar', primaryKeyConstraintName: 'feed_groups_pkey' })
  name!: string;

  @PrimaryColumn({ type: 'varchar', name: 'feed_name', primaryKeyConstraintName: 'feed_groups_pkey' })
  feedName!: string;

  @Column({ type: 'varchar', nullable: true })
  description!: string | null;

  @Column({ type: 'integer', name: 'access_tier', nullable: true })
  accessTier!: number | null;

  /** When the download that was loaded last began; null: never. */
  @Column({ type: 'timestamptz', name: 'last_sync', nullable: true })
  lastSync!: Date | null;

  @Column({ type: 'timestamptz', name: 'created_at', default: () => 'now()' })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'last_update', nullable: true })
  lastUpdate!: Date | null;

  @Column({ type: 'boolean', default: true })
  enabled!: boolean;

  /** Records. */
  @Column({ type: 'bigint', default: 0 })
  count!: string;
}
