import {
  analyzeLayer,
  buildDocuments,
  DEFAULT_LIMITS,
  DEFAULT_RULES,
  imageHistory,
  squash,
  EntryTable,
  type LayerInventory,
} from '@kedge/analysis';
import { createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const samples = join(__dirname, '../../../../samples');

/** What other people's tools say of the sample image. */
export interface ExpectedSample {
  manifestDigest: string;
  layers: { digest: string; size: number; diffId: string }[];
  distro: { name: string; version: string };
  packages: Record<'os' | 'npm' | 'python' | 'java', { name?: string }[]>;
  packagesVerify: { changed: string[]; missing: string[] };
  secrets: { privateKey: string[]; awsAccessKey: string[] };
  counts: { files: number; directories: number; symbolicLinks: number };
}

export const expectedSample = JSON.parse(readFileSync(join(samples, 'expected.json'), 'utf8')) as ExpectedSample;

/** Paths with a set-uid or set-gid bit, by path; directories included. */
export function setidPaths(): string[] {
  const lines = readFileSync(join(samples, 'expected-files.tsv'), 'utf8').split('\n').filter(Boolean);
  const rows = lines.map((line) => line.split('\t'));
  return rows
    .filter(([, , mode = '']) => (parseInt(mode, 8) & 0o6000) !== 0)
    .map(([path = '']) => path)
    .sort();
}

/** The layers of the sample image, analysed. */
export function sampleLayers(): Promise<LayerInventory[]> {
  return Promise.all(
    expectedSample.layers.map(({ digest, diffId }) =>
      analyzeLayer(createReadStream(join(samples, 'image/blobs/sha256', digest.replace('sha256:', ''))), {
        compression: 'auto',
        expectedDiffId: diffId,
        rules: DEFAULT_RULES,
        limits: DEFAULT_LIMITS,
      }),
    ),
  );
}

/** A layer with one text file, as an application adds one to a base image. */
export function applicationLayer(path: string): LayerInventory {
  const [sha256, sha1, md5] = ['a'.repeat(64), 'b'.repeat(40), 'c'.repeat(32)];
  return {
    ...{ version: 'test', diffId: `sha256:${sha256}`, inflatedBytes: 1024 },
    entries: EntryTable.of([
      { ...{ path, type: 'file', mode: 0o644, uid: 0, gid: 0, size: 3, mtime: 0 }, sha256, sha1, md5 },
    ]),
    ...{ whiteouts: [], opaqueDirs: [], kept: [], facts: [], hits: [], warnings: [] },
  };
}

/** `analysis_data` of an image of these layers, as the analyzer writes it. */
export function analysisDocument(
  layers: LayerInventory[],
  image: { imageId: string; digest: string },
): Promise<string> {
  const facts = {
    ...image,
    fullTag: 'localhost:5000/kedge-sample:1',
    architecture: 'amd64',
    layers: layers.map(({ diffId }) => diffId),
    manifest: { schemaVersion: 2 },
    history: imageHistory({}, expectedSample.layers),
  };
  return text(
    buildDocuments(facts, squash(layers), { rules: DEFAULT_RULES, ownedPackageFilter: false }).analysisData(),
  );
}

/** The same document as old analyzers wrote it: members of sections are JSON text. */
export function withJsonText(document: string): unknown {
  const [first] = JSON.parse(document) as [{ image: { imagedata: Record<string, unknown> } }];
  const { analysis_report: report, image_report: imageReport } = first.image.imagedata;
  const analyzers = Object.entries(report as Record<string, Record<string, { base?: Record<string, unknown> }>>);
  const old = analyzers.map(([analyzer, elements]) => [
    analyzer,
    Object.fromEntries(
      Object.entries(elements).map(([element, { base = {} }]) => {
        const members = Object.entries(base).map(([key, value]) => [key, asText(value)]);
        return [element, { base: Object.fromEntries(members) as unknown }];
      }),
    ),
  ]);
  return { analysis_report: Object.fromEntries(old) as unknown, image_report: imageReport, analyzer_manifest: {} };
}

function asText(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
}
