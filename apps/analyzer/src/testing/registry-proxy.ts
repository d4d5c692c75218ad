import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RegistryProxy {
  /** `127.0.0.1:41234`, for references */
  host: string;
  /** Digests of the layer and config blobs read, in order. */
  blobs: string[];
  /** Blobs with more bytes than this stop after so many until {@link release} is called. */
  stallAfter: number;
  /** Resolves when a blob has stalled. */
  stalled(): Promise<void>;
  release(): void;
  close(): Promise<void>;
}

/** An HTTP server before a real registry, which counts blobs and can stop in the middle of one. */
export async function startRegistryProxy(target: string): Promise<RegistryProxy> {
  let stall = Promise.withResolvers<void>();
  let go = Promise.withResolvers<void>();
  const server = createServer((incoming, answer) => void forward(incoming, answer).catch(() => answer.destroy()));
  const proxy: RegistryProxy = {
    host: '',
    blobs: [],
    stallAfter: Infinity,
    stalled: () => stall.promise,
    release() {
      proxy.stallAfter = Infinity;
      go.resolve();
      [stall, go] = [Promise.withResolvers(), Promise.withResolvers()];
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };

  async function forward(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const digest = /\/blobs\/(sha256:[0-9a-f]{64})$/.exec(incoming.url ?? '')?.[1];
    if (digest && incoming.method === 'GET') proxy.blobs.push(digest);
    const { host: _host, ...headers } = incoming.headers;
    const outgoing = request(`http://${target}${incoming.url}`, { method: incoming.method, headers }).end();
    const [reply] = (await once(outgoing, 'response')) as [IncomingMessage];
    answer.writeHead(reply.statusCode ?? 502, reply.headers);
    let sent = 0;
    for await (const chunk of reply as AsyncIterable<Buffer>) {
      answer.write(chunk);
      sent += chunk.length;
      if (!digest || sent <= proxy.stallAfter) continue;
      stall.resolve();
      await go.promise;
    }
    answer.end();
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return proxy;
}
