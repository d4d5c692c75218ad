import { createLogger } from './create-logger.js';
import { warnSometimes } from './warn-sometimes.js';

describe('warnSometimes', () => {
  it('logs a reason at once, then once a minute with its count', () => {
    const lines: string[] = [];
    let time = 0;
    const logger = createLogger({ name: 'x', level: 'INFO' }, { write: (line) => void lines.push(line) });
    const warn = warnSometimes(logger, 'trouble', () => time);
    for (time = 0; time <= 60_000; time += 1000) warn(new Error(`down (Queue: a, Worker: ${time})`));
    warn('other');
    expect(lines.map((line) => JSON.parse(line)).map(({ msg, reason, repeated }) => [msg, reason, repeated])).toEqual([
      ['trouble', 'down', undefined],
      ['trouble', 'down', 59],
      ['trouble', 'other', undefined],
    ]);
  });
});
