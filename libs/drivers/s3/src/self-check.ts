import { StorageError } from '@kedge/object-store';
import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from './connection.js';
import { declareSha256 } from './declared-digest.js';
import { isMissing, isMissingBucket, toStorageError, type Action } from './failure.js';
import type { S3Settings } from './settings.js';

/** A new bucket may take a moment until it is known everywhere. */
const ATTEMPTS_ON_NEW_BUCKET = 6;

/**
 * Proves that this configuration can write, read back, list, delete and see that something is gone, all below the
 * prefix; creates the bucket first if that is asked for. Finds out on the way whether the server compares content with the
 * SHA-256 that a request declares: then its acceptance of content is a proof.
 *
 * @throws StorageError saying which of it failed, why, and what to do.
 */
export class SelfCheck {
  private readonly target: { Bucket: string; Key: string };

  constructor(
    private readonly connection: Connection,
    private readonly settings: S3Settings,
  ) {
    const unique = randomBytes(8).toString('hex');
    this.target = { Bucket: settings.bucket, Key: `${settings.prefix}kedge-self-check.${unique}` };
  }

  async run(): Promise<{ comparesSha256: boolean }> {
    const { sdk, client } = await this.connection.open();
    const { target } = this;
    const content = `kedge self check ${target.Key}`;
    await this.write(content);
    let comparesSha256 = false;
    try {
      const read = await this.step('read', 'reading back', async () => {
        const { Body } = await client.send(new sdk.GetObjectCommand(target));
        return Body?.transformToString();
      });
      if (read !== content) throw this.broken('read back something else than it wrote');
      const listed = await this.step('list', 'listing', () =>
        client.send(new sdk.ListObjectsV2Command({ Bucket: target.Bucket, Prefix: target.Key, MaxKeys: 1 })),
      );
      if (listed.Contents?.[0]?.Key !== target.Key) throw this.broken('does not list what was written');
      comparesSha256 = await this.refusesOtherContent();
    } catch (error) {
      await client.send(new sdk.DeleteObjectCommand(target)).catch(() => undefined); // the first failure is the one to tell
      throw error;
    }
    await this.step('delete', 'deleting', () => client.send(new sdk.DeleteObjectCommand(target)));
    const gone = await this.step('read', 'looking for deleted content', () =>
      client.send(new sdk.HeadObjectCommand(target)).then(
        () => false,
        (error: unknown) => {
          if (isMissing(error)) return true;
          throw error;
        },
      ),
    );
    if (!gone) throw this.broken('still has what was deleted; is versioning or a write protection in the way?');
    return { comparesSha256 };
  }

  /** Whether content is refused that is not what the request declares. No answer to that is a no. */
  private async refusesOtherContent(): Promise<boolean> {
    const { sdk, client } = await this.connection.open();
    const sha256 = createHash('sha256').update('declared').digest('hex');
    const command = declareSha256(new sdk.PutObjectCommand({ ...this.target, Body: 'sent' }), sha256);
    return client.send(command).then(
      () => false,
      (error: { $metadata?: { httpStatusCode?: number } }) => error.$metadata?.httpStatusCode === 400,
    );
  }

  private async write(content: string): Promise<void> {
    const { sdk, client } = await this.connection.open();
    const put = () => client.send(new sdk.PutObjectCommand({ ...this.target, Body: content }));
    await this.step('write', 'writing', async () => {
      try {
        await put();
      } catch (error) {
        if (!isMissingBucket(error) || !this.settings.createBucket) throw error;
        await this.createBucket();
        await this.untilKnown(put);
      }
    });
  }

  private async createBucket(): Promise<void> {
    const { sdk, client } = await this.connection.open();
    const { region, bucket } = this.settings;
    // us-east-1 has no name as a location constraint.
    const location = region === undefined || region === 'us-east-1' ? undefined : region;
    await this.step('create', 'creating the bucket', async () => {
      try {
        await client.send(
          new sdk.CreateBucketCommand({
            Bucket: bucket,
            ...(location === undefined ? {} : { CreateBucketConfiguration: { LocationConstraint: location as never } }), // the SDK lists AWS's regions only
          }),
        );
      } catch (error) {
        const { name } = error as Error;
        if (name === 'BucketAlreadyOwnedByYou') return; // another process was faster
        if (name !== 'BucketAlreadyExists') throw error;
        const message = `s3 driver: bucket name "${bucket}" is taken by somebody else; choose another`;
        throw new StorageError('invalid_config', message, { driver: 's3', cause: error });
      }
    });
  }

  private async untilKnown(put: () => Promise<unknown>): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await put();
        return;
      } catch (error) {
        if (!isMissingBucket(error) || attempt === ATTEMPTS_ON_NEW_BUCKET) throw error;
        await sleep(200 * attempt);
      }
    }
  }

  private async step<T>(action: Action, doing: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const { bucket } = this.settings;
      const failure = toStorageError(this.settings, { action, bucket, text: `self check: ${doing}` }, error);
      if (failure.code !== 'not_found') throw failure;
      throw this.broken('does not find what it just stored');
    }
  }

  private broken(what: string): StorageError {
    const where = `bucket "${this.settings.bucket}"`;
    return new StorageError('integrity', `s3 driver: self check: ${where} ${what}`, { driver: 's3' });
  }
}
