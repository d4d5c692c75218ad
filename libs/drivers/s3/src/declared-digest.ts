import type { Sdk } from './connection.js';

type Upload = Sdk.PutObjectCommand | Sdk.UploadPartCommand;

/**
 * Has a request declare the SHA-256 of its body (`x-amz-content-sha256`), which the signature covers. The SDK would
 * compute it itself; whoever knows it already spares that.
 *
 * Source: AWS Signature Version 4, "hashed payload".
 */
export function declareSha256<C extends Upload>(command: C, hex: string): C {
  // The two kinds differ in input and output only, of which nothing is touched here.
  (command as Sdk.PutObjectCommand).middlewareStack.add(
    (next) => (args) => {
      (args.request as { headers: Record<string, string> }).headers['x-amz-content-sha256'] = hex;
      return next(args);
    },
    { step: 'build', name: 'declaredSha256' },
  );
  return command;
}
