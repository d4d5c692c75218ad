import { Column, Entity, PrimaryColumn } from 'typeorm';

/** How a user proves who he is; `value` is a salted hash. Times are seconds since 1970. */
@Entity('user_access_credentials')
export class UserCredential {
  @PrimaryColumn({ type: 'varchar', primaryKeyConstraintName: 'user_access_credentials_pkey' })
  username!: string;

  @PrimaryColumn({ type: 'varchar', primaryKeyConstraintName: 'user_access_credentials_pkey', default: 'password' })
  type!: string;

  @Column({ type: 'varchar' })
  value!: string;

  @Column({ type: 'integer', name: 'created_at' })
  createdAt!: number;
}
