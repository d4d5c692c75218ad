import { contentElements, contentFor, METADATA_TYPES, mimeBase64 } from '@kedge/analysis';
import { ApiError, SERVICE_CONTEXT, type ServiceContext } from '@kedge/service';
import { Inject, Injectable } from '@nestjs/common';
import type { Readable } from 'node:stream';
import type { ImageRecord } from '../images/image-records.js';
import { documentMember } from './document-member.js';

/** Content of one type: elements one by one, read from a source that wants to be closed, or a value as a whole. */
export type Content = { elements: AsyncIterable<unknown>; source: Readable } | { value: unknown };

type Fields = Record<string, unknown>;

/** Reads what an analysis found out, from the documents in the object store (analyzer spec 10.4). */
@Injectable()
export class ImageContent {
  constructor(@Inject(SERVICE_CONTEXT) private readonly context: ServiceContext) {}

  /**
   * Content or metadata of an analysed image. Empty content is an empty list for every type.
   *
   * @throws ApiError 404 when the document is not there; StorageError.
   */
  async read({ userId: account, imageDigest }: ImageRecord, type: string): Promise<Content> {
    if (type === 'manifest') {
      const text = await this.manifest(account, imageDigest);
      if (text !== undefined) return { value: mimeBase64(text) };
    }
    const found = await this.context.stores.objectStore.get({
      account,
      bucket: 'image_content_data',
      key: imageDigest,
    });
    if (!found) {
      throw new ApiError(404, `content of image ${imageDigest} is missing; analyse it again (force)`);
    }
    const member = await documentMember(found.body, type);
    if (member?.kind !== 'entries') return { value: contentFor(type, member?.value) };
    if (!METADATA_TYPES.includes(type)) return { elements: elements(type, member.entries), source: found.body };
    const fields: Fields = {};
    for await (const [key, value] of member.entries) fields[key] = value;
    return { value: contentFor(type, fields) };
  }

  /** The manifest as the registry served it, so that its digest can be checked. */
  private async manifest(account: string, imageDigest: string): Promise<string | undefined> {
    const id = { account, bucket: 'manifest_data', key: imageDigest };
    const text = await this.context.stores.objectStore.getDocument<unknown>(id, { maxBytes: 64 * 1024 * 1024 });
    return typeof text === 'string' && text !== '' ? text : undefined;
  }
}

/** A record that cannot be formatted is left out, as in the old system: it costs one element, not the answer. */
async function* elements(type: string, entries: AsyncIterable<[string, unknown]>): AsyncGenerator<unknown> {
  for await (const [key, value] of entries) {
    if (typeof value === 'object' && value !== null) yield* contentElements(type, [[key, value as Fields]]);
  }
}
