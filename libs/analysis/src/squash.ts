import { LayerTables } from './image-entries.js';
import { ImageInventory, type LayerContents } from './image-inventory.js';
import { ImageTree } from './image-tree.js';
import type { LayerInventory } from './inventory/layer-inventory.js';

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
  const tables = new LayerTables(layers.map(({ entries }) => entries));
  const warnings: string[] = [];
  const warn = (text: string) => {
    if (warnings.length < MAX_WARNINGS) warnings.push(text);
  };
  const tree = new ImageTree(tables, warn);
  for (const [index, layer] of layers.entries()) {
    for (const text of layer.warnings) warn(`layer ${layer.diffId}: ${text}`);
    for (const path of layer.opaqueDirs) tree.empty(path);
    for (const path of layer.whiteouts) tree.remove(path);
    tree.place(layer.entries, index);
  }
  return new ImageInventory(tree.entries(), layers.map(contentsOf), warnings);
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
