import { readJson, type JsonVisitor, type MemberName, type Visit } from './json-reader.js';
import { scanValue } from './json-scan.js';

/** Collects what is handed over: taken values by path, members by the path of their object. */
class Collector implements JsonVisitor {
  readonly found: Record<string, unknown> = {};
  private current = '';
  constructor(private readonly rules: Record<string, Visit>) {}
  visit(path: readonly string[]): Visit {
    return this.rules[path.join('.')] ?? 'skip';
  }
  take(path: readonly string[], bytes: Buffer, start: number, end: number): void {
    this.found[path.join('.')] = JSON.parse(bytes.toString('utf8', start, end));
  }
  begin(path: readonly string[]): void {
    this.current = path.join('.');
    this.found[this.current] = {};
  }
  member(name: MemberName, bytes: Buffer, start: number, last: boolean): number {
    const end = scanValue(bytes, start, last);
    if (end < 0) return -1;
    const found = this.found[this.current] as Record<string, unknown>;
    found[name.bytes.toString('utf8', name.start, name.end)] = JSON.parse(bytes.toString('utf8', start, end));
    return end;
  }
}

async function* pieces(text: string, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const read = async (text: string, rules: Record<string, Visit>, size = 7, maxValueBytes = 1000) => {
  const collector = new Collector(rules);
  await readJson(pieces(text, size), collector, { maxValueBytes });
  return collector.found;
};

describe('a JSON text that is read as a stream', () => {
  const value = {
    skipped: { deep: [1, { 'x"]}\\': ['}', '\\"', null, -1.5e3, true] }], s: '\\' },
    outer: {
      taken: [1, 'zwei "2"', { drei: 3 }],
      map: { 'ä\n"q"\\': { a: [] }, '': 'x', number: 12, last: null, '😀': '\u0000' },
      none: {},
      text: '{"a":1}',
      number: -0.5,
    },
    end: 7,
  };
  const rules: Record<string, Visit> = {
    outer: 'enter',
    'outer.taken': 'take',
    'outer.map': 'each',
    'outer.none': 'each',
    'outer.text': 'each',
    'outer.number': 'take',
    end: 'take',
  };
  const expected = {
    'outer.taken': value.outer.taken,
    'outer.map': value.outer.map,
    'outer.none': {},
    'outer.text': '{"a":1}',
    'outer.number': -0.5,
    end: 7,
  };

  it('gives the same whatever the chunks and the spaces are', async () => {
    for (const indent of [0, 2]) {
      const text = ` ${JSON.stringify(value, null, indent)} \n`;
      for (let size = 1; size < 60; size += 1) expect(await read(text, rules, size)).toEqual(expected);
    }
  });

  it('enters arrays on the way', async () => {
    const text = JSON.stringify([{ a: { b: 1 } }, [{ a: { b: 2 } }], 3, 'x', []]);
    expect(await read(text, { a: 'enter', 'a.b': 'take' }, 3)).toEqual({ 'a.b': 2 });
    expect(await read('[]', {})).toEqual({});
    expect(await read('17', {})).toEqual({});
  });

  it('passes over values of any length and bounds the others', async () => {
    const long = 'x'.repeat(5000);
    expect(await read(JSON.stringify({ long, end: 1 }), { end: 'take' }, 64)).toEqual({ end: 1 });
    expect(await read(JSON.stringify({ a: [long] }), { a: 'take' }, 64, 6000)).toEqual({ a: [long] });
    await expect(read(JSON.stringify({ a: [long] }), { a: 'take' }, 64)).rejects.toMatchObject({
      code: 'document_too_large',
    });
    await expect(read(JSON.stringify({ a: { b: long } }), { a: 'each' }, 64)).rejects.toMatchObject({
      code: 'document_too_large',
    });
  });

  it.each([
    ['', /ends in the middle at byte 0/],
    ['{"a":1', /ends in the middle at byte 6/],
    ['{"a"', /ends in the middle/],
    ['{"a', /ends in the middle/],
    ['[1, {"a": "x', /ends in the middle/],
    ['{"a" 1}', /a colon is missing at byte 1/],
    ['{"a":1 "b":2}', /a comma is missing at byte 7/],
    ['{"a":1,}', /name of a member is missing at byte 7/],
    ['{a:1}', /name of a member is missing at byte 1/],
    ['{} {}', /something follows the document at byte 3/],
    [String.raw`{"\q":1}`, /has an escape/],
  ])('says where it is broken: %s', async (text, message) => {
    await expect(read(text, { a: 'take' }, 4)).rejects.toThrow(message);
  });

  it('ends with the error of its source and stops when it is told to', async () => {
    const source = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.from('{"a":');
      throw new Error('connection lost');
    };
    const visitor = new Collector({});
    await expect(readJson(source(), visitor, { maxValueBytes: 9 })).rejects.toThrow('connection lost');
    const signal = AbortSignal.abort(new Error('stopped'));
    await expect(readJson(pieces('{}', 1), visitor, { maxValueBytes: 9, signal })).rejects.toThrow('stopped');
  });
});
