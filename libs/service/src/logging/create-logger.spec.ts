import { Secret } from '@kedge/config';
import { createLogger } from './create-logger.js';
import { readableLines } from './readable-lines.js';

function collector(): { lines: string[]; write: (line: string) => void } {
  const lines: string[] = [];
  return { lines, write: (line) => void lines.push(line) };
}

describe('createLogger', () => {
  it('writes a JSON line with time, level and service', () => {
    const target = collector();
    createLogger({ name: 'catalog', level: 'INFO' }, target).info({ images: 3 }, 'hello');
    expect(JSON.parse(target.lines.join(''))).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      service: 'catalog',
      images: 3,
      msg: 'hello',
    });
  });

  it.each([
    ['FATAL', 1],
    ['WARN', 3],
    ['INFO', 4],
    ['SPEW', 6],
  ] as const)('at level %s writes %i of six lines', (level, count) => {
    const target = collector();
    const logger = createLogger({ name: 'x', level }, target);
    for (const name of ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const) logger[name]('line');
    expect(target.lines).toHaveLength(count);
  });

  it('masks secrets and what is named like one', () => {
    const target = collector();
    const logger = createLogger({ name: 'x', level: 'INFO' }, target);
    logger.info({ password: 'p1', registry: { registry_pass: 'p2' }, req: { headers: { authorization: 'p3' } } });
    logger.info({ anything: new Secret('p4'), config: { keys: { secret: 'p5' } } });
    expect(target.lines.join('')).not.toMatch(/p[1-5]/);
    expect(target.lines.join('').match(/\*\*\*/g)).toHaveLength(5);
  });

  it('writes readable lines for a terminal', () => {
    const target = collector();
    const logger = createLogger({ name: 'catalog', level: 'INFO' }, readableLines(target));
    logger.warn({ requestId: 'r1' }, 'slow');
    logger.error({ err: new Error('why') }, 'failed');
    expect(target.lines[0]).toMatch(/^\d\d:\d\d:\d\d WARN catalog: slow \{"requestId":"r1"\}\n$/);
    expect(target.lines[1]).toMatch(/^\d\d:\d\d:\d\d ERROR catalog: failed\nError: why\n {4}at /);
  });
});
