import { inflateRawSync } from 'node:zlib';

const END = 0x06054b50;
const ENTRY = 0x02014b50;

/**
 * One file out of a zip archive in memory, such as a Python wheel. Reads what wheels consist of: stored and deflated
 * entries, no zip64, no encryption.
 * @param {Buffer} archive @param {(name: string) => boolean} wanted
 */
export function readZipEntry(archive, wanted) {
  let at = archive.length - 22;
  while (at >= 0 && archive.readUInt32LE(at) !== END) at -= 1;
  if (at < 0) throw new Error('not a zip archive');
  let entry = archive.readUInt32LE(at + 16);
  for (let left = archive.readUInt16LE(at + 10); left > 0; left -= 1) {
    if (archive.readUInt32LE(entry) !== ENTRY) throw new Error('the zip directory is damaged');
    const nameLength = archive.readUInt16LE(entry + 28);
    const name = archive.toString('utf8', entry + 46, entry + 46 + nameLength);
    if (wanted(name)) return { name, content: contentOf(archive, entry) };
    entry += 46 + nameLength + archive.readUInt16LE(entry + 30) + archive.readUInt16LE(entry + 32);
  }
  return undefined;
}

function contentOf(archive, entry) {
  const method = archive.readUInt16LE(entry + 10);
  const size = archive.readUInt32LE(entry + 20);
  const header = archive.readUInt32LE(entry + 42);
  // The lengths of name and extra field in the local header need not be those in the directory.
  const from = header + 30 + archive.readUInt16LE(header + 26) + archive.readUInt16LE(header + 28);
  const packed = archive.subarray(from, from + size);
  if (method === 0) return packed;
  if (method === 8) return inflateRawSync(packed);
  throw new Error(`zip method ${method} is not supported`);
}
