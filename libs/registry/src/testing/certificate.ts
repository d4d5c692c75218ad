import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Makes a self-signed certificate for 127.0.0.1 and localhost with the openssl program. */
export async function makeCertificate(directory: string): Promise<{ cert: string; key: string }> {
  const [cert, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')];
  const names = 'subjectAltName=IP:127.0.0.1,DNS:localhost';
  const subject = ['-subj', '/CN=localhost', '-addext', names];
  const flags = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '3650', ...subject];
  await promisify(execFile)('openssl', [...flags, '-keyout', key, '-out', cert], { timeout: 30_000 });
  return { cert, key };
}
