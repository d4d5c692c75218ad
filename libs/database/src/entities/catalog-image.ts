import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

export type AnalysisStatus = 'not_analyzed' | 'analyzing' | 'analyzed' | 'analysis_failed';

/** An image of an account, by the digest of its platform manifest. Times are seconds since 1970. */
@Entity('catalog_image')
@Index('catalog_image_user_created_idx', ['userId', 'createdAt'])
@Index('catalog_image_parent_digest_idx', ['userId', 'parentDigest'])
@Check(
  'catalog_image_analysis_status_check',
  `analysis_status IN ('not_analyzed', 'analyzing', 'analyzed', 'analysis_failed')`,
)
@Check('catalog_image_image_status_check', `image_status IN ('active', 'deleting')`)
export class CatalogImage {
  @PrimaryColumn({ type: 'varchar', primaryKeyConstraintName: 'catalog_image_pkey' })
  imageDigest!: string;

  @PrimaryColumn({ type: 'varchar', primaryKeyConstraintName: 'catalog_image_pkey' })
  userId!: string;

  @Column({ type: 'varchar', nullable: true })
  parentDigest!: string | null;

  @Column({ type: 'varchar', name: 'image_type', default: 'docker' })
  imageType!: string;

  @Column({ type: 'varchar', nullable: true })
  arch!: string | null;

  @Column({ type: 'varchar', nullable: true })
  distro!: string | null;

  @Column({ type: 'varchar', name: 'distro_version', nullable: true })
  distroVersion!: string | null;

  @Column({ type: 'varchar', name: 'dockerfile_mode', nullable: true })
  dockerfileMode!: string | null;

  @Column({ type: 'bigint', name: 'image_size', nullable: true })
  imageSize!: string | null;

  @Column({ type: 'integer', name: 'layer_count', nullable: true })
  layerCount!: number | null;

  @Column({ type: 'text', nullable: true })
  annotations!: string | null;

  @Column({ type: 'varchar', name: 'analysis_status', default: 'not_analyzed' })
  analysisStatus!: AnalysisStatus;

  @Column({ type: 'text', name: 'analysis_error', nullable: true })
  analysisError!: string | null;

  /** Counts how often an analysis was asked for anew. */
  @Column({ type: 'integer', name: 'analysis_wanted', default: 0 })
  analysisWanted!: number;

  /** The value of `analysisWanted` that the stored documents answer to. */
  @Column({ type: 'integer', name: 'analysis_made', default: 0 })
  analysisMade!: number;

  @Column({ type: 'varchar', name: 'image_status', default: 'active' })
  imageStatus!: 'active' | 'deleting';

  @Column({ type: 'varchar', name: 'source_location', nullable: true })
  sourceLocation!: string | null;

  @Column({ type: 'integer', name: 'created_at' })
  createdAt!: number;

  @Column({ type: 'integer', name: 'last_updated' })
  lastUpdated!: number;

  @Column({ type: 'integer', name: 'analyzed_at', nullable: true })
  analyzedAt!: number | null;
}
