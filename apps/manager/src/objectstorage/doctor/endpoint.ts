import { once } from 'node:events';
import { connect } from 'node:tls';
import type { Probe } from './probes.js';

const TIMEOUT_MS = 10_000;
/** S3 refuses requests that are more than 15 minutes off. */
const SKEW_LIMIT_SECONDS = 15 * 60;
const DAY_MS = 24 * 3600 * 1000;

/** Whether the endpoint answers, how far its clock is off, and - with TLS - how long its certificate is good. */
export async function probeEndpoint(url: string): Promise<Probe[]> {
  const probes: Probe[] = [];
  const started = performance.now();
  const took = (): number => Math.round(performance.now() - started);
  try {
    const before = Date.now();
    const answer = await fetch(url, { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) });
    probes.push({ name: 'reach', ok: true, milliseconds: took(), message: `HTTP ${answer.status} from ${url}` });
    const date = Date.parse(answer.headers.get('date') ?? '');
    const skew = Math.round((date - (before + Date.now()) / 2) / 1000);
    probes.push({
      name: 'clock',
      ok: Number.isNaN(date) || Math.abs(skew) < SKEW_LIMIT_SECONDS,
      milliseconds: 0,
      message: Number.isNaN(date)
        ? 'the server does not tell its time'
        : `the server's clock is ${skew} s off from ours`,
    });
  } catch (error) {
    const { message, cause } = error as Error;
    const reason = cause instanceof Error ? cause.message : message;
    probes.push({ name: 'reach', ok: false, milliseconds: took(), message: `${url} does not answer: ${reason}` });
  }
  if (url.startsWith('https:')) probes.push(await probeCertificate(new URL(url)));
  return probes;
}

async function probeCertificate(url: URL): Promise<Probe> {
  const started = performance.now();
  const socket = connect({
    host: url.hostname,
    port: Number(url.port || 443),
    servername: url.hostname,
    timeout: TIMEOUT_MS,
  });
  const done = (ok: boolean, message: string): Probe => ({
    name: 'tls',
    ok,
    milliseconds: Math.round(performance.now() - started),
    message,
  });
  try {
    socket.once('timeout', () => socket.destroy(new Error('no answer in time')));
    await once(socket, 'secureConnect');
    const { valid_to: end, subject } = socket.getPeerCertificate();
    const days = Math.floor((Date.parse(end) - Date.now()) / DAY_MS);
    const name = [subject.CN].flat()[0] ?? url.hostname;
    return done(days > 0, `${socket.getProtocol() ?? 'TLS'}, certificate of ${name} is good for ${days} days`);
  } catch (error) {
    return done(false, `${(error as Error).message}; give ca_file, or switch verify_tls off`);
  } finally {
    socket.destroy();
  }
}
