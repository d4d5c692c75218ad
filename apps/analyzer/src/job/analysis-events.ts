import type { SqlConnection } from '@kedge/database';
import { fullTag, type ImageRecord } from '../image/image-record.js';

/** Where an event comes from. */
export interface EventSource {
  hostId: string;
}

type Sql = Pick<SqlConnection, 'query'>;

/** One event `user.image.analysis.completed` for each tag (analyzer spec 2.8). */
export async function addCompletedEvents(sql: Sql, source: EventSource, image: ImageRecord): Promise<void> {
  const state = (analysis_status: string) => ({
    imageDigest: image.digest,
    analysis_status,
    annotations: image.annotations,
  });
  const details = {
    last_eval: state('analyzing'),
    curr_eval: state('analyzed'),
    subscription_type: 'analysis_update',
    annotations: image.annotations,
  };
  const event = { type: 'user.image.analysis.completed', level: 'info', message: 'Image analysis successful', details };
  await addEvents(sql, source, image, event);
}

/** One event `user.image.analysis.failed` for each tag. */
export async function addFailedEvents(
  sql: Sql,
  source: EventSource,
  image: ImageRecord,
  reason: string,
): Promise<void> {
  const details = { msg: reason };
  const event = { type: 'user.image.analysis.failed', level: 'error', message: 'Image analysis failed', details };
  await addEvents(sql, source, image, event);
}

async function addEvents(
  sql: Sql,
  source: EventSource,
  image: ImageRecord,
  event: { type: string; level: string; message: string; details: unknown },
): Promise<void> {
  await sql.query(
    `INSERT INTO events (resource_user_id, resource_type, resource_id, source_servicename, source_hostid,
                         type, level, message, details, created_at)
     SELECT $1, 'image_tag', tag, 'analyzer', $3, $4, $5, $6, $7, extract(epoch FROM now())::integer
       FROM unnest($2::varchar[]) AS tag`,
    [
      image.account,
      image.tags.map(fullTag),
      source.hostId,
      event.type,
      event.level,
      event.message,
      JSON.stringify(event.details),
    ],
  );
}
