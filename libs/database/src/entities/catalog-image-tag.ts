import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** That a tag pointed to an image, and since when. The newest row of a tag is where it points now. Times are seconds since 1970. */
@Entity('catalog_image_docker')
@Index('catalog_image_docker_tag_idx', ['userId', 'registry', 'repo', 'tag', 'tagDetectedAt'])
@Index('catalog_image_docker_image_id_idx', ['userId', 'imageId'])
export class CatalogImageTag {
  @PrimaryColumn({ type: 'varchar', primaryKeyConstraintName: 'catalog_image_docker_pkey' })
  imageDigest!: string;

  @PrimaryColumn({ type: 'varchar', primaryKeyConstraintName: 'catalog_image_docker_pkey' })
  userId!: string;

  @PrimaryColumn({ type: 'varchar', primaryKeyConstraintName: 'catalog_image_docker_pkey' })
  registry!: string;

  @PrimaryColumn({ type: 'varchar', primaryKeyConstraintName: 'catalog_image_docker_pkey' })
  repo!: string;

  @PrimaryColumn({ type: 'varchar', primaryKeyConstraintName: 'catalog_image_docker_pkey' })
  tag!: string;

  @Column({ type: 'varchar' })
  digest!: string;

  @Column({ type: 'varchar' })
  imageId!: string;

  @Column({ type: 'text', nullable: true })
  dockerfile!: string | null;

  @Column({ type: 'integer', name: 'tag_detected_at' })
  tagDetectedAt!: number;

  @Column({ type: 'integer', name: 'created_at' })
  createdAt!: number;

  @Column({ type: 'integer', name: 'last_updated' })
  lastUpdated!: number;
}
