import { compileBundle, PolicyError, type CompiledBundle } from '@kedge/policy';
import { ApiError } from '@kedge/service';
import { createHash } from 'node:crypto';

/** Bundles that are kept ready. */
const MOST = 32;

/** A bundle ready for evaluations, and the digest of its text. */
export interface PreparedBundle {
  compiled: CompiledBundle;
  id: string;
  digest: Buffer;
}

/** Makes bundles ready and keeps those that were used last. */
export class BundleCompiler {
  private readonly prepared = new Map<string, PreparedBundle>();

  /** @throws ApiError 400 when the value is no JSON object, or is nested beyond reason. */
  prepare(value: unknown): PreparedBundle {
    const digest = createHash('sha256').update(textOf(value)).digest();
    const key = digest.toString('base64');
    const known = this.prepared.get(key);
    const bundle = known ?? { compiled: compiled(value), id: idOf(value), digest };
    this.prepared.delete(key);
    this.prepared.set(key, bundle);
    for (const oldest of this.prepared.keys()) {
      if (this.prepared.size <= MOST) break;
      this.prepared.delete(oldest);
    }
    return bundle;
  }
}

function textOf(value: unknown): string {
  try {
    return JSON.stringify(value ?? null);
  } catch (cause) {
    throw new ApiError(400, 'the bundle is nested too deeply', undefined, cause);
  }
}

function compiled(value: unknown): CompiledBundle {
  try {
    return compileBundle(value);
  } catch (error) {
    if (error instanceof PolicyError) throw new ApiError(400, error.message, undefined, error);
    throw error;
  }
}

function idOf(value: unknown): string {
  const id = (value as { id?: unknown }).id;
  return typeof id === 'string' ? id : '';
}
