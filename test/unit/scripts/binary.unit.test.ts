import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { cachedBinary, storeBinary } from '../../../scripts/lib/binary.mjs';
import { readZipEntry } from '../../../scripts/lib/zip.mjs';

describe('the cache of binaries', () => {
  const wanted = { name: 'tool', version: '1.2.3' };
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'sluice-cache-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('finds what was stored', () => {
    const file = storeBinary(wanted, { bytes: Buffer.from('binary'), source: 'a wheel' }, folder);
    expect(cachedBinary(wanted, folder)).toBe(file);
  });

  it('does not take another version for it', () => {
    storeBinary(wanted, { bytes: Buffer.from('binary'), source: 'a wheel' }, folder);
    expect(cachedBinary({ ...wanted, version: '1.2.4' }, folder)).toBeUndefined();
  });

  it('does not run a file whose bytes have changed', async () => {
    const file = storeBinary(wanted, { bytes: Buffer.from('binary'), source: 'a wheel' }, folder);
    await writeFile(file, 'something else');
    expect(cachedBinary(wanted, folder)).toBeUndefined();
  });
});

describe('reading a wheel', () => {
  it('finds a deflated and a stored entry by name', () => {
    const archive = zipOf([
      { name: 'tool.dist-info/METADATA', content: 'Name: tool', deflate: false },
      { name: 'tool.data/scripts/tool', content: 'x'.repeat(1000), deflate: true },
    ]);
    expect(readZipEntry(archive, (name: string) => name.endsWith('/tool'))?.content.toString()).toBe(
      'x'.repeat(1000),
    );
    expect(readZipEntry(archive, (name: string) => name.endsWith('METADATA'))?.content.toString()).toBe(
      'Name: tool',
    );
    expect(readZipEntry(archive, () => false)).toBeUndefined();
  });

  it('refuses what is no archive', () => {
    expect(() => readZipEntry(Buffer.from('<html>not here</html>'), () => true)).toThrow('not a zip archive');
  });
});

/** The smallest archive that has a directory: local headers, central directory, end record. */
function zipOf(files: { name: string; content: string; deflate: boolean }[]): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content, deflate } of files) {
    const packed = deflate ? deflateRawSync(content) : Buffer.from(content);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(name.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(deflate ? 8 : 0, 10);
    entry.writeUInt32LE(packed.length, 20);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(offset, 42);
    locals.push(local, Buffer.from(name), packed);
    directory.push(entry, Buffer.from(name));
    offset += 30 + name.length + packed.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, ...directory, end]);
}
