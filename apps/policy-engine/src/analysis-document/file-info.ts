import type { FileFacts } from '../packed/file-table.js';
import { BYTE, scanValue } from './json-scan.js';
import { RecordScanner } from './record-scanner.js';

const NAMES = ['type', 'mode', 'uid', 'gid', 'size', 'linkdst'] as const;
const [TYPE, MODE, UID, GID, SIZE, LINK] = [0, 1, 2, 3, 4, 5];
const TYPES = (['file', 'dir', 'slink', 'dev'] as const).map((type) => ({ type, text: Buffer.from(`"${type}"`) }));

/** Reads records of `files.allinfo`. */
export class FileInfoReader {
  private readonly record = new RecordScanner(NAMES);
  /** Of the record that was read last. */
  readonly facts: FileFacts = { type: 'UNKNOWN', mode: 0, uid: 0, gid: 0, size: 0, linkTarget: null };

  /**
   * Reads the record at `start`, an object or the JSON text of one; answers where it ends, -1 when it is not complete.
   *
   * @throws IndexError `document_invalid` when there is something else.
   */
  read(bytes: Buffer, start: number, last: boolean): number {
    const { record, facts } = this;
    let end: number;
    if (bytes[start] === BYTE.quote) {
      end = scanValue(bytes, start, last);
      if (end < 0) return -1;
      const inner = Buffer.from(JSON.parse(bytes.toString('utf8', start, end)) as string);
      if (record.scan(inner, 0) < 0) throw new SyntaxError('a record ends in the middle');
    } else {
      end = record.scan(bytes, start);
      if (end < 0) return -1;
    }
    facts.type = this.type();
    facts.mode = (record.natural(MODE) ?? 0) % 0x1_0000_0000;
    facts.uid = record.natural(UID) ?? 0;
    facts.gid = record.natural(GID) ?? 0;
    facts.size = record.natural(SIZE) ?? 0;
    facts.linkTarget = facts.type === 'slink' ? record.text(LINK) : null;
    return end;
  }

  private type(): FileFacts['type'] {
    for (const { type, text } of TYPES) if (this.record.is(TYPE, text)) return type;
    return 'UNKNOWN';
  }
}
