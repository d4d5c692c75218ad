import { ImageInventory, type ImageEntry, type LayerContents } from './image-inventory.js';
import type { LayerEntry, LayerInventory } from './inventory/layer-inventory.js';
import { cleanPath } from './layer/entry-path.js';

/** What a path of the tree stands for; undefined for a directory that no layer states. */
type Content = Omit<ImageEntry, 'path'>;

interface Node {
  content: Content | undefined;
  children: Map<string, Node> | undefined;
}

const MAX_LINKS = 40;
const MAX_WARNINGS = 1000;

/**
 * Merges the inventories of an image's layers, base first, by the rules of the OCI image layer specification:
 *
 * - whiteouts and opaque directories of a layer hide what lower layers have, wherever they stand in the layer;
 * - a directory on a directory changes its metadata and keeps its content; anything else replaces the whole subtree;
 * - a hard link is the file it meant when it was made, metadata included, also when that lies in a lower layer and
 *   changes later;
 * - parents that a layer leaves out stay as lower layers have them; when no layer has them they are made (0755, root);
 * - a parent that is a symbolic link is followed inside the root, as when the layer is unpacked; what it leads to is made
 *   when nothing is there.
 *
 * The root itself is not in the result.
 */
export function squash(layers: readonly LayerInventory[]): ImageInventory {
  const root: Node = { content: undefined, children: new Map() };
  const warnings: string[] = [];
  const warn = (text: string) => {
    if (warnings.length < MAX_WARNINGS) warnings.push(text);
  };
  for (const [index, layer] of layers.entries()) {
    for (const text of layer.warnings) warn(`layer ${layer.diffId}: ${text}`);
    for (const path of layer.opaqueDirs) {
      const node = find(root, path);
      if (node?.children) node.children = new Map();
    }
    for (const path of layer.whiteouts) remove(root, path);
    for (const entry of layer.entries) place(root, entry, index, warn);
  }
  const entries: ImageEntry[] = [];
  collect(root, '', entries);
  entries.sort((a, b) => (a.path < b.path ? -1 : 1));
  return new ImageInventory(entries, layers.map(contentsOf), warnings);
}

/**
 * Size in bytes of the merged image as one tar file with a pax header for each entry, which is the figure that the old
 * system reports as the image's size: 512 for the header, 1024 and more for the pax part, content padded to 512, all of
 * it rounded up to 10240.
 */
export function mergedTarSize(image: ImageInventory): number {
  let total = 1024;
  for (const entry of image.entries) {
    const path = Buffer.byteLength(entry.path);
    const link = Buffer.byteLength(entry.linkTarget ?? '');
    const pax = 40 + (path > 100 ? path + 12 : 0) + (link > 100 ? link + 16 : 0);
    total += 512 + 512 + pad(pax, 512) + (entry.hardLink ? 0 : pad(entry.size, 512));
  }
  return pad(total, 10_240);
}

function pad(size: number, unit: number): number {
  return Math.ceil(size / unit) * unit;
}

function place(root: Node, entry: LayerEntry, layer: number, warn: (text: string) => void): void {
  if (entry.path === '/') return;
  const content = contentOf(root, entry, layer, warn);
  if (content === undefined) return;
  const slash = entry.path.lastIndexOf('/');
  const siblings = makeDirectory(root, entry.path.slice(0, slash));
  const name = entry.path.slice(slash + 1);
  const existing = siblings.get(name);
  if (content.type === 'dir' && existing?.children) existing.content = content;
  else siblings.set(name, { content, children: content.type === 'dir' ? new Map() : undefined });
}

function contentOf(root: Node, entry: LayerEntry, layer: number, warn: (text: string) => void): Content | undefined {
  const { path, linkTarget, type, ...rest } = entry;
  if (type !== 'hardlink') {
    return {
      ...rest,
      type,
      hardLink: false,
      source: { layer, path },
      ...(linkTarget === undefined ? {} : { linkTarget }),
    };
  }
  const target = find(root, linkTarget ?? '/')?.content;
  if (target === undefined || target.type === 'dir') {
    warn(`${path} is a hard link to ${linkTarget ?? 'nothing'}, which is not a file at that point; it was left out`);
    return undefined;
  }
  return { ...target, hardLink: true };
}

/** Children of the directory at `path`, made where it does not exist; a non-directory in the way gives place. */
function makeDirectory(root: Node, path: string): Map<string, Node> {
  const resolved = resolveDirectory(root, path);
  let children: Map<string, Node> = (root.children ??= new Map<string, Node>());
  for (const part of resolved.split('/')) {
    if (part === '') continue;
    const existing = children.get(part)?.children;
    const below: Map<string, Node> = existing ?? new Map<string, Node>();
    if (!existing) children.set(part, { content: undefined, children: below });
    children = below;
  }
  return children;
}

/** Follows links in a directory path as long as they lead to directories, or to nothing yet; else the path as it is. */
function resolveDirectory(root: Node, path: string): string {
  let at = path;
  for (let links = 0; links <= MAX_LINKS; links += 1) {
    const link = firstLink(root, at);
    if (link === undefined) return at;
    const base = link.target.startsWith('/') ? '' : link.parent;
    at = cleanPath(`${base}/${link.target}/${link.rest}`).path;
    if (firstLink(root, at) !== undefined) continue;
    const target = find(root, at);
    return target === undefined || target.children ? at : path;
  }
  return path;
}

function firstLink(root: Node, path: string): { parent: string; target: string; rest: string } | undefined {
  const parts = path.split('/').filter((part) => part !== '');
  let node: Node | undefined = root;
  for (const [index, part] of parts.entries()) {
    node = node?.children?.get(part);
    if (node === undefined) return undefined;
    if (node.content?.type === 'slink') {
      const parent = parts.slice(0, index).join('/');
      return { parent: `/${parent}`, target: node.content.linkTarget ?? '', rest: parts.slice(index + 1).join('/') };
    }
  }
  return undefined;
}

/** The node at a path; links in its directories are followed, the last part is not. */
function find(root: Node, path: string): Node | undefined {
  const slash = path.lastIndexOf('/');
  const directory = directoryAt(root, path.slice(0, slash));
  const name = path.slice(slash + 1);
  return name === '' ? directory : directory?.children?.get(name);
}

/** The directory at a path, links followed where they lead to one. */
function directoryAt(root: Node, path: string): Node | undefined {
  const node = lookUp(root, path);
  return node?.children ? node : lookUp(root, resolveDirectory(root, path));
}

function lookUp(root: Node, path: string): Node | undefined {
  let node: Node | undefined = root;
  for (const part of path.split('/')) if (part !== '') node = node?.children?.get(part);
  return node;
}

function remove(root: Node, path: string): void {
  const slash = path.lastIndexOf('/');
  directoryAt(root, path.slice(0, slash))?.children?.delete(path.slice(slash + 1));
}

/** Recursion is bounded by the longest path a layer may have. */
function collect(node: Node, path: string, entries: ImageEntry[]): void {
  if (path !== '') {
    const made: Content = {
      type: 'dir',
      mode: 0o755,
      uid: 0,
      gid: 0,
      size: 0,
      mtime: 0,
      hardLink: false,
      source: { layer: -1, path },
    };
    entries.push({ path, ...(node.content ?? made) });
  }
  for (const [name, child] of node.children ?? []) collect(child, `${path}/${name}`, entries);
}

function contentsOf(layer: LayerInventory): LayerContents {
  return {
    kept: new Map(layer.kept.map((file) => [file.path, file.content])),
    facts: byPath(layer.facts),
    hits: byPath(layer.hits),
  };
}

function byPath<T extends { path: string }>(items: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(item.path);
    if (group) group.push(item);
    else groups.set(item.path, [item]);
  }
  return groups;
}
