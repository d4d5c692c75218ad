import { StorageError, type DriverPlugin, type StorageDriver, DriverRegistry } from '@kedge/object-store';
import { Transform, pipeline, type Readable } from 'node:stream';
import { Counter, Histogram, type Registry } from 'prom-client';

const LABELS = ['driver', 'operation'] as const;
type Operation = 'init' | 'put' | 'get' | 'stat' | 'delete' | 'delete_many';

/** The counters of one registry; drivers of a service share them. */
class DriverMetrics {
  private readonly seconds: Histogram<'driver' | 'operation'>;
  private readonly errors: Counter<'driver' | 'operation' | 'code'>;
  private readonly bytes: Counter<'driver' | 'operation'>;
  private static readonly made = new WeakMap<Registry, DriverMetrics>();

  static of(registry: Registry): DriverMetrics {
    const made = DriverMetrics.made.get(registry) ?? new DriverMetrics(registry);
    DriverMetrics.made.set(registry, made);
    return made;
  }

  private constructor(registry: Registry) {
    const registers = [registry];
    this.seconds = new Histogram({
      name: 'kedge_storage_operation_seconds',
      help: 'Duration of storage operations; a get lasts until its first byte can be read',
      labelNames: LABELS,
      buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60],
      registers,
    });
    this.errors = new Counter({
      name: 'kedge_storage_errors_total',
      help: 'Storage operations that failed, by error code',
      labelNames: [...LABELS, 'code'],
      registers,
    });
    this.bytes = new Counter({
      name: 'kedge_storage_bytes_total',
      help: 'Bytes as stored that were written (put) or read (get)',
      labelNames: LABELS,
      registers,
    });
  }

  async measure<T>(driver: string, operation: Operation, run: () => Promise<T>): Promise<T> {
    const stop = this.seconds.startTimer({ driver, operation });
    try {
      return await run();
    } catch (error) {
      this.fail(driver, operation, error);
      throw error;
    } finally {
      stop();
    }
  }

  count(driver: string, operation: Operation, bytes: number): void {
    this.bytes.inc({ driver, operation }, bytes);
  }

  fail(driver: string, operation: Operation, error: unknown): void {
    this.errors.inc({ driver, operation, code: error instanceof StorageError ? error.code : 'unknown' });
  }
}

/** The same driver, counting operations, errors, bytes and seconds by driver and operation. */
export function meterDriver(driver: StorageDriver, registry: Registry): StorageDriver {
  const metrics = DriverMetrics.of(registry);
  const { name } = driver;
  const measure = <T>(operation: Operation, run: () => Promise<T>): Promise<T> => metrics.measure(name, operation, run);
  return {
    name,
    scheme: driver.scheme,
    place: driver.place,
    init: () => measure('init', () => driver.init()),
    put: async (address, body, options) => {
      const stored = await measure('put', () => driver.put(address, body, options));
      metrics.count(name, 'put', stored.size);
      return stored;
    },
    get: async (uri, options) => {
      const body = await measure('get', () => driver.get(uri, options));
      return counted(
        body,
        (bytes) => metrics.count(name, 'get', bytes),
        (error) => metrics.fail(name, 'get', error),
      );
    },
    stat: (uri) => measure('stat', () => driver.stat(uri)),
    delete: (uri) => measure('delete', () => driver.delete(uri)),
    ...(driver.locate ? { locate: (address) => driver.locate?.(address) ?? [] } : {}),
    deleteMany: async (uris, options) => {
      const failures = await measure('delete_many', () => driver.deleteMany(uris, options));
      for (const { error } of failures) metrics.fail(name, 'delete_many', error);
      return failures;
    },
    ...(driver.reclaim ? { reclaim: (options) => driver.reclaim?.(options) ?? Promise.resolve() } : {}),
    owns: (uri) => driver.owns(uri),
    list: () => driver.list(),
    close: () => driver.close(),
  };
}

/** The stream itself, observed. A consumer that stops early is no failure of the driver. */
function counted(body: Readable, onBytes: (bytes: number) => void, onError: (error: Error) => void): Readable {
  let stoppedByReader = false;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      onBytes(chunk.length);
      done(null, chunk);
    },
    destroy(error, done) {
      stoppedByReader = body.errored === null;
      done(error);
    },
  });
  return pipeline(body, counter, (error) => {
    if (error && !stoppedByReader) onError(error);
  });
}

/** The same drivers under the same names, each metered when it is made. */
export function meteredDrivers(drivers: DriverRegistry, registry: Registry): DriverRegistry {
  const metered = new DriverRegistry();
  for (const plugin of drivers.list()) {
    const wrapped: DriverPlugin = {
      ...plugin,
      create: (config, context) => meterDriver(plugin.create(config, context), registry),
    };
    metered.register(wrapped);
  }
  return metered;
}
