import { Readable } from 'node:stream';
import { documentMember } from './document-member.js';

const document = {
  os: { 'bash "5"': { version: '5.2', list: [1, { a: '}' }] }, 'é\\': { version: '\u{1f600}' } },
  empty: {},
  history: [{ Created: 'x' }, 'y'],
  text: 'line\n"quoted"',
  number: 12.5,
  nothing: null,
};

/** The text in pieces of `size` bytes, so that every value is cut somewhere. */
function stream(text: string, size: number): Readable {
  const bytes = Buffer.from(text);
  return Readable.from(
    (function* () {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    })(),
    { objectMode: false },
  );
}

async function read(text: string, name: string, size: number): Promise<unknown> {
  const member = await documentMember(stream(text, size), name);
  if (member?.kind !== 'entries') return member?.value;
  const entries: [string, unknown][] = [];
  for await (const entry of member.entries) entries.push(entry);
  return Object.fromEntries(entries);
}

describe.each([1, 3, 7, 100_000])('a member of a document in pieces of %i bytes', (size) => {
  it.each([
    ['compact', JSON.stringify({ before: [{}], document })],
    ['indented', JSON.stringify({ document }, null, 3)],
  ])('is what was stored, %s', async (_form, text) => {
    for (const [name, value] of Object.entries(document)) expect(await read(text, name, size)).toEqual(value);
    expect(await read(text, 'missing', size)).toBeUndefined();
  });

  it.each([
    ['cut', JSON.stringify({ document }).slice(0, 60)],
    ['empty', ''],
    ['a list', '[1]'],
    ['without comma', '{"document":{"os":{"a":1 "b":2}}}'],
    ['without value', '{"document":{"os":{"a":}}}'],
  ])('is refused when the text is %s', async (_name, text) => {
    await expect(read(text, 'os', size)).rejects.toMatchObject({ name: 'JsonSourceError' });
  });
});

it('of which the source fails, fails with it, also behind its last entry', async () => {
  const source = Readable.from(
    (function* () {
      yield Buffer.from('{"document":{"os":{"a":1},"more":0');
      throw new Error('damaged');
    })(),
    { objectMode: false },
  );
  const member = await documentMember(source, 'os');
  const drain = async (): Promise<void> => {
    if (member?.kind === 'entries') for await (const _entry of member.entries);
  };
  await expect(drain()).rejects.toThrow('damaged');
});
