import { dockerHistory, guessDockerfile } from './history.js';

const config = (history: unknown): Buffer => Buffer.from(JSON.stringify({ rootfs: { diff_ids: [] }, history }));
const layers = [
  { mediaType: 'm', digest: 'sha256:1', size: 10 },
  { mediaType: 'm', digest: 'sha256:2', size: 20 },
];

describe('dockerHistory', () => {
  it('gives layers to the steps that made one, in order, with the API keys in order', () => {
    const history = dockerHistory({
      layers,
      config: config([
        { created: '2024-01-01T00:00:00Z', created_by: '/bin/sh -c #(nop) ADD file:x in / ' },
        { created_by: '/bin/sh -c #(nop)  CMD ["bash"]', empty_layer: true },
        { created_by: 'RUN make', comment: 'buildkit.dockerfile.v0' },
      ]),
    });
    expect(JSON.stringify(history[0])).toBe(
      '{"Created":"2024-01-01T00:00:00Z","CreatedBy":"/bin/sh -c #(nop) ADD file:x in / ","Comment":"","Id":"sha256:1","Size":10,"Tags":[]}',
    );
    expect(history.map(({ Id, Size }) => [Id, Size])).toEqual([
      ['sha256:1', 10],
      ['<missing>', 0],
      ['sha256:2', 20],
    ]);
    expect(history[2]?.Comment).toBe('buildkit.dockerfile.v0');
  });

  it('loses no layer when there is no history, and none when there is too little', () => {
    for (const history of [undefined, null, [], [{ created_by: 'one' }]]) {
      const ids = dockerHistory({ layers, config: config(history) }).map(({ Id }) => Id);
      expect(ids).toEqual(['sha256:1', 'sha256:2']);
    }
  });

  it('refuses a config that is none', () => {
    expect(() => dockerHistory({ layers, config: Buffer.from('{') })).toThrow('is not JSON');
    expect(() => dockerHistory({ layers, config: Buffer.from('{}') })).toThrow('not an image configuration');
  });
});

describe('guessDockerfile', () => {
  it.each([
    ['classic instruction', '/bin/sh -c #(nop)  CMD ["bash"]', 'CMD ["bash"]'],
    ['classic command', '/bin/sh -c apt-get update', 'RUN /bin/sh -c apt-get update'],
    ['classic command with arguments', '|1 A=b /bin/sh -c make', 'RUN |1 A=b /bin/sh -c make'],
    ['BuildKit command', 'RUN /bin/sh -c apt-get update # buildkit', 'RUN apt-get update'],
    ['BuildKit command with arguments', 'RUN |2 A=b C=d e /bin/sh -c make all # buildkit', 'RUN make all'],
    ['BuildKit command in exec form', 'RUN make all # buildkit', 'RUN make all'],
    ['BuildKit copy', 'COPY app /app # buildkit', 'COPY app /app'],
    ['BuildKit metadata', 'ENTRYPOINT ["/app"]', 'ENTRYPOINT ["/app"]'],
    ['a program named like an instruction', 'RUNNER x', 'RUN RUNNER x'],
  ])('%s', (_name, CreatedBy, line) => {
    expect(guessDockerfile([{ CreatedBy }])).toBe(`FROM scratch\n${line}`);
  });

  it('leaves out empty steps', () => {
    expect(guessDockerfile([{ CreatedBy: '' }, { CreatedBy: '  ' }])).toBe('FROM scratch');
  });
});
