import type { StorageDriver } from '@kedge/object-store';

/**
 * Which objects a migration moves: those whose content lies in the source's place and not in the destination's. Places
 * may be nested (a bucket, and a prefix in it); then a location belongs to the inner one.
 */
export class Places {
  constructor(
    private readonly source: StorageDriver,
    private readonly destination: StorageDriver,
  ) {}

  /** True when source and destination are one and the same. */
  get same(): boolean {
    return this.source.place === this.destination.place;
  }

  isSource(uri: string): boolean {
    return this.source.owns(uri) && !(this.destination.owns(uri) && this.inner(this.destination, this.source));
  }

  isDestination(uri: string): boolean {
    return this.destination.owns(uri) && !(this.source.owns(uri) && this.inner(this.source, this.destination));
  }

  private inner(one: StorageDriver, other: StorageDriver): boolean {
    return one.place.length >= other.place.length;
  }
}
