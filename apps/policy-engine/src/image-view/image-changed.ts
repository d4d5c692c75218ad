/** The image was indexed again or deleted while it was read. Start again from its row. */
export class ImageChanged extends Error {
  override readonly name = 'ImageChanged';
  readonly retryable = true;

  constructor(imageId: string) {
    super(`image ${imageId} was indexed again or deleted while it was evaluated; ask again`);
  }
}
