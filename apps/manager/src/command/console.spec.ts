import { Console } from './console.js';

const DIGEST = `sha256:${'d'.repeat(64)}`;
const quiet = () => ({ debug: false, json: false });
const narrow = new Console(quiet, 40);
const wide = new Console(quiet, Infinity);

describe('a table', () => {
  const header = ['id', 'place', 'what was found'];
  const rows = [
    [1, 'file:///srv/objects', 'the directory holds things that nobody has put there'],
    [2, null, 'nothing'],
  ];

  it('has a line a row where there is room, with None for what is not there', () => {
    expect(wide.table(header, rows)).toBe(
      [
        'id  place                what was found',
        '1   file:///srv/objects  the directory holds things that nobody has put there',
        '2   None                 nothing',
      ].join('\n'),
    );
  });

  it('breaks between words where there is none', () => {
    expect(narrow.table(header, rows)).toBe(
      [
        'id  place              what was found',
        '1   file:///srv/objec  the directory',
        '    ts                 holds things that',
        '                       nobody has put',
        '                       there',
        '2   None               nothing',
      ].join('\n'),
    );
  });

  it('gives way to a shorter one, and has its indent', () => {
    const options = { indent: 2, narrow: () => narrow.table(['id'], [[1], [2]], { indent: 2 }) };
    expect(narrow.table(header, rows, options)).toBe('  id\n  1\n  2');
    expect(wide.table(['id'], [[1]], options)).toBe('  id\n  1');
  });

  it('loses nothing however little room there is', () => {
    const letters = (text: string): string[] => [...text.replace(/\s/g, '')].sort();
    expect(letters(new Console(quiet, 10).table(header, rows))).toEqual(letters(wide.table(header, rows)));
  });
});

it('facts stand beside their names, a long word whole below, and text in several lines', () => {
  const facts = [
    ['state', 'complete'],
    ['root_before', DIGEST],
    ['takes', 'about 2 s, at the pace of 24 objects'],
  ] as const;
  expect(wide.facts(facts).split('\n')).toEqual([
    'state        complete',
    `root_before  ${DIGEST}`,
    'takes        about 2 s, at the pace of 24 objects',
  ]);
  expect(narrow.facts(facts).split('\n')).toEqual([
    'state        complete',
    'root_before',
    `  ${DIGEST}`,
    'takes        about 2 s, at the pace of',
    '             24 objects',
  ]);
});
