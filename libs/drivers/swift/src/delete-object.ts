import { SwiftError, type SwiftClient } from './client.js';
import { SEGMENTED } from './segments.js';

/** Names that this driver made and did not mark as segmented. */
const WHOLE = /\.[0-9a-f]{32}$/;

/**
 * Where content of a uri lies: in the container that it names; failing that in the one with small letters, since the old
 * system wrote there whatever the case in its uri was.
 */
export function containersOf(container: string): string[] {
  const small = container.toLowerCase();
  return small === container ? [container] : [container, small];
}

/** Deletes an object with its segments if it has any. @throws SwiftError, 404 when it is not there */
export async function deleteObject(client: SwiftClient, container: string, name: string): Promise<void> {
  const segmented = name.endsWith(SEGMENTED) || (!WHOLE.test(name) && (await isManifest(client, container, name)));
  if (!segmented) {
    await client.ask({ method: 'DELETE', container, name });
    return;
  }
  const { text } = await client.ask({
    method: 'DELETE',
    container,
    name,
    query: 'multipart-manifest=delete',
    headers: { accept: 'application/json' },
  });
  // The answer begins before the work is done, so its status says nothing; the body does.
  const result = JSON.parse(text) as { 'Response Status'?: string; 'Number Not Found'?: number; Errors?: string[][] };
  const [error] = result.Errors ?? [];
  const status = error?.[1] ?? result['Response Status'] ?? '500';
  if (!/^[24]\d\d/.test(status) || error) throw new SwiftError(Number.parseInt(status, 10), status, 'the server');
  if (status.startsWith('404') || result['Number Not Found'] === 1) throw new SwiftError(404, status, 'the server');
}

async function isManifest(client: SwiftClient, container: string, name: string): Promise<boolean> {
  const { headers } = await client.ask({ method: 'HEAD', container, name });
  return /^true$/i.test(String(headers['x-static-large-object'] ?? ''));
}
