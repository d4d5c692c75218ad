import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One answer of the policy engine, kept as history. Times are seconds since 1970. */
@Entity('policy_eval')
export class PolicyEvaluation {
  @PrimaryColumn({ type: 'varchar', primaryKeyConstraintName: 'policy_eval_pkey' })
  userId!: string;

  @PrimaryColumn({ type: 'varchar', primaryKeyConstraintName: 'policy_eval_pkey' })
  imageDigest!: string;

  @PrimaryColumn({ type: 'varchar', primaryKeyConstraintName: 'policy_eval_pkey' })
  tag!: string;

  @PrimaryColumn({ type: 'varchar', primaryKeyConstraintName: 'policy_eval_pkey' })
  policyId!: string;

  @PrimaryColumn({ type: 'varchar', name: 'final_action', primaryKeyConstraintName: 'policy_eval_pkey' })
  finalAction!: string;

  @PrimaryColumn({ type: 'integer', name: 'created_at', primaryKeyConstraintName: 'policy_eval_pkey' })
  createdAt!: number;

  @Column({ type: 'integer', name: 'last_updated' })
  lastUpdated!: number;

  @Column({ type: 'varchar' })
  evalId!: string;

  @Column({ type: 'text', nullable: true })
  policyeval!: string | null;
}
