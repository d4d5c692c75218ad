import { ApiError } from '@kedge/service';

const FORM = /^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d{1,5})?(?:\/[A-Za-z0-9._/-]*)?\*?$/;

/** Checks what a login is registered for: a host, `host/repository`, or a prefix that ends in `*`. @throws ApiError 409 */
export function checkRegistryName(registry: string): void {
  const fail = (why: string): never => {
    throw new ApiError(409, `registry name ${JSON.stringify(registry)} ${why}`);
  };
  if (/^https?:\/\//i.test(registry)) fail('must not begin with http:// or https://');
  if (registry.endsWith('/')) fail('must not end with a slash');
  // `host*` is a prefix, too; the part before the star has to look like the begin of a name.
  if (!FORM.test(registry) && !FORM.test(registry.replace(/[.:-]?\*$/, '*'))) {
    fail('must be host[:port], host[:port]/repository, or the begin of one of them followed by *');
  }
}

/** The host of a registered name; undefined for a prefix that holds no whole host. */
export function hostOf(registry: string): string | undefined {
  const slash = registry.indexOf('/');
  if (slash >= 0) return registry.slice(0, slash);
  return registry.endsWith('*') ? undefined : registry;
}
