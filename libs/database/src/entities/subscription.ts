import { Column, Entity, PrimaryColumn, Unique } from 'typeorm';

/** A standing wish to be told, or to have a tag watched. Times are seconds since 1970. */
@Entity('subscriptions')
@Unique('subscriptions_subject_key', ['userId', 'subscriptionType', 'subscriptionKey'])
export class Subscription {
  @PrimaryColumn({ type: 'varchar', name: 'subscription_id', primaryKeyConstraintName: 'subscriptions_pkey' })
  subscriptionId!: string;

  @Column({ type: 'varchar' })
  userId!: string;

  @Column({ type: 'varchar', name: 'subscription_type' })
  subscriptionType!: string;

  @Column({ type: 'varchar', name: 'subscription_key' })
  subscriptionKey!: string;

  @Column({ type: 'text', name: 'subscription_value', nullable: true })
  subscriptionValue!: string | null;

  @Column({ type: 'boolean', default: false })
  active!: boolean;

  @Column({ type: 'integer', name: 'created_at' })
  createdAt!: number;

  @Column({ type: 'integer', name: 'last_updated' })
  lastUpdated!: number;
}
