import { VERIFICATION_VERSION, type PackageDifference, type VerificationStatus } from '@kedge/policy';
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import { storableJson } from '../index-store/text.js';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** Nothing longer is read. Bytes of JSON: the most differences with the longest paths. */
const MAX_JSON = 128 * 1024 * 1024;

type Stored = [version: number, differences: [packageName: string, path: string, status: VerificationStatus][]];

/** The form in which an image keeps what differs. */
export async function packDifferences(differences: readonly PackageDifference[]): Promise<Buffer> {
  const stored: Stored = [
    VERIFICATION_VERSION,
    differences.map(({ packageName, path, status }) => [packageName, path, status]),
  ];
  return compress(Buffer.from(storableJson(stored)));
}

/** Reads what {@link packDifferences} made; undefined when other rules made it. Throws an error of zlib or JSON. */
export async function unpackDifferences(packed: Buffer): Promise<PackageDifference[] | undefined> {
  const json = await decompress(packed, { maxOutputLength: MAX_JSON });
  const [version, differences] = JSON.parse(json.toString()) as Stored;
  if (version !== VERIFICATION_VERSION) return undefined;
  return differences.map(([packageName, path, status]) => ({ packageName, path, status }));
}
