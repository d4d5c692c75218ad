import { once } from 'node:events';
import { createServer, request as ask, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * What happens to a request: the status is answered instead of the server; `silence`: no answer ever; `lost`: the server
 * does it, its answer gets lost; `short`: the answer breaks off after half of its body.
 */
export type Misfortune = 500 | 503 | 'silence' | 'lost' | 'short';

export interface BadNetwork {
  url: string;
  /** Chooses by the request and its number, counted from 1 among those of its method. May be replaced at any time. */
  script: (method: string | undefined, number: number, path: string) => Misfortune | undefined;
  /** Misfortunes so far. */
  happened: number;
  close(): Promise<void>;
}

/** Stands on loopback in front of a real server and passes requests and answers on, but for those that the script spoils. */
export async function badNetwork(target: string): Promise<BadNetwork> {
  const counts = new Map<string | undefined, number>();
  const server = createServer((request, response) => {
    const number = (counts.get(request.method) ?? 0) + 1;
    counts.set(request.method, number);
    const misfortune = network.script(request.method, number, request.url ?? '');
    if (misfortune) network.happened += 1;
    request.on('error', () => undefined); // the client went away
    if (misfortune === 'silence') return void request.resume();
    if (typeof misfortune === 'number') {
      request.resume();
      const code = misfortune === 503 ? 'SlowDown' : 'InternalError';
      request.once('end', () => response.writeHead(misfortune).end(`<Error><Code>${code}</Code></Error>`));
      return;
    }
    pass(target, request, response, misfortune);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const network: BadNetwork = {
    url: `http://127.0.0.1:${port}`,
    script: () => undefined,
    happened: 0,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return network;
}

function pass(
  target: string,
  request: IncomingMessage,
  response: ServerResponse,
  misfortune: 'lost' | 'short' | undefined,
): void {
  const { method, url, headers } = request;
  // The signature covers the host as the client knows it, so the headers go on unchanged.
  const passed = ask(new URL(url ?? '/', target), { method: method ?? 'GET', headers, agent: false }, (answer) => {
    if (misfortune === 'lost') {
      answer.resume();
      answer.once('end', () => response.destroy());
      return;
    }
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    if (method === 'HEAD') return void response.end();
    if (misfortune !== 'short') return void answer.pipe(response);
    const half = Number(answer.headers['content-length'] ?? 0) / 2;
    let sent = 0;
    answer.on('data', (chunk: Buffer) => {
      const part = chunk.subarray(0, Math.max(0, Math.floor(half) - sent));
      sent += chunk.length;
      if (part.length > 0) response.write(part);
      if (sent >= half) response.write('', () => response.destroy());
    });
    answer.once('end', () => response.destroy());
  });
  // Swift sends a body with its 404 to a HEAD, which is an error of the protocol behind an answer that is whole.
  passed.on('error', () => {
    if (!response.headersSent) response.destroy();
  });
  request.pipe(passed);
}
