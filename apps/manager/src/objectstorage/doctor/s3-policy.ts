/** The least that Kedge needs at S3 for this bucket and prefix, as an IAM policy document. */
export function smallestS3Policy(config: Record<string, unknown>): Record<string, unknown> {
  const bucket = `arn:aws:s3:::${String(config['bucket'])}`;
  const prefix = typeof config['prefix'] === 'string' ? config['prefix'] : '';
  const objects = `${bucket}/${prefix}*`;
  const create = config['create_bucket'] === true || config['create_bucket'] === 'true';
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: ['s3:PutObject', 's3:GetObject', 's3:DeleteObject', 's3:AbortMultipartUpload'],
        Resource: objects,
      },
      {
        Effect: 'Allow',
        Action: ['s3:ListBucket'],
        Resource: bucket,
        ...(prefix === '' ? {} : { Condition: { StringLike: { 's3:prefix': [`${prefix}*`] } } }),
      },
      ...(create ? [{ Effect: 'Allow', Action: ['s3:CreateBucket'], Resource: bucket }] : []),
    ],
  };
}
