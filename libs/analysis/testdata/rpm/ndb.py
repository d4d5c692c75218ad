"""Writes the headers of an SQLite rpm database in rpm's ndb format (lib/backend/ndb/rpmpkg.c) to standard output."""
import sqlite3, struct, sys, zlib

rows = [(n, bytes(b)) for n, b in sqlite3.connect(sys.argv[1]).execute('select hnum, blob from Packages order by hnum')]
pages = (len(rows) + 2 + 255) // 256
slots, body, block = b'', b'', pages * 256
for number, header in rows:
    blocks = (16 + len(header) + 12 + 15) // 16
    data = struct.pack('<4sIII', b'BlbS', number, 1700000000, len(header)) + header
    data += b'\0' * (blocks * 16 - 12 - len(data))
    body += data + struct.pack('<II4s', zlib.adler32(data), len(header), b'BlbE')
    slots += struct.pack('<4sIII', b'Slot', number, block, blocks)
    block += blocks
table = struct.pack('<4sIIII12x', b'RpmP', 0, len(rows) + 1, pages, max(n for n, _ in rows) + 1) + slots
table += struct.pack('<4sIII', b'Slot', 0, 0, 0) * ((pages * 4096 - len(table)) // 16)
sys.stdout.buffer.write(table + body)
