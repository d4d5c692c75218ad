/** Payloads by queue. `imageDigest` is `sha256:<hex>` of the platform manifest, `imageId` hex of the config's digest. */
export interface JobPayloads {
  'analyze-image': { account: string; imageDigest: string };
  'index-image': { account: string; imageDigest: string };
  'forget-image': { account: string; imageDigest: string; imageId: string };
}

export type QueueName = keyof JobPayloads;
