/** Values of `detail.error_codes` and when they are given (api spec 1.4). */
export const ERROR_CODES = [
  ['REGISTRY_PERMISSION_DENIED', 'The registry denied access; check the registered login'],
  ['REGISTRY_IMAGE_NOT_FOUND', 'The registry has no such image'],
  ['REGISTRY_NOT_ACCESSIBLE', 'The registry cannot be reached'],
  ['REGISTRY_NOT_SUPPORTED', 'What answers there is not a registry of the v2 API'],
  ['SKOPEO_UNKNOWN_ERROR', 'An image could not be fetched; given by older versions only'],
  ['OSARCH_MISMATCH', 'The image has no variant for the wanted operating system and architecture'],
  ['FEED_SYNC_ALREADY_IN_PROGRESS', 'Feeds are being synchronised already'],
  ['UNKNOWN', 'Any other reason'],
].map(([name, description]) => ({ name, description }));
