import { randomUUID } from 'node:crypto';
import { chmod, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { types } from 'node:util';
import { bindTo, decrypt, encrypt } from './aead.js';
import type { Keyring } from './keyring.js';

/*
 * A folder of sealed files, for what must outlive its process while the database does not take it. A file is whole on
 * the disk when `write` resolves. It is sealed by the first key of ENCRYPTION_KEYS itself, since data keys are in the
 * database, and bound to its name. Several kinds of files, and several processes, may share a folder.
 */

/** One kind of files, told from others by their names. */
export interface FileKind<T> {
  /** Of a whole name, without anchors and groups. */
  readonly name: RegExp;
  /** Bound to what is sealed. */
  readonly context: string;
  /** As JSON has it. */
  encode(value: T): unknown;
  /** Throws for what `encode` has not made. */
  decode(body: unknown): T;
  /** Of two that want one name the later one gets it. */
  writtenAtMs(value: T): number;
}

export interface SealedFiles<T> {
  /** Resolves when it is on the disk. */
  write(name: string, value: T): Promise<void>;
  /** Undefined: there is none. */
  read(name: string): Promise<T | undefined>;
  names(): Promise<string[]>;
  /** `unreadable`: files that no key of ENCRYPTION_KEYS opens. */
  list(): Promise<{ values: T[]; unreadable: string[] }>;
  remove(name: string): Promise<void>;
}

const UUID = '[0-9a-f-]{36}';
const PROBE = new RegExp(`^probe\\.${UUID}$`);
/** Whoever wrote one that is as old as this is not writing it any more. */
const OLD_MS = 5 * 60_000;

/**
 * Makes the directory where it is not there, for its owner alone; rejects where that, or writing into it, is not
 * allowed. What a process that died was writing there is taken up where it is whole.
 */
export async function openSealedFiles<T>(
  directory: string,
  keyring: Keyring,
  kind: FileKind<T>,
): Promise<SealedFiles<T>> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await keepToOwner(directory);
  const at = (name: string) => path.join(directory, name);
  const isName = new RegExp(`^${kind.name.source}$`);
  /** A draft, under the name that it is to have. */
  const draftOf = new RegExp(`^(${kind.name.source})\\.${UUID}$`);

  async function write(name: string, value: T): Promise<void> {
    const temporary = at(`${name}.${randomUUID()}`);
    try {
      const file = await open(temporary, 'wx', 0o600);
      try {
        await file.writeFile(seal(keyring, kind, name, value));
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, at(name));
    } catch (error) {
      // Of the two failures the first one says what is wrong; what stays is removed when the folder is opened.
      await rm(temporary, { force: true }).catch(() => undefined);
      throw error;
    }
    await syncDirectory(directory);
  }

  async function read(name: string): Promise<T | undefined> {
    const sealed = await readFile(at(name), 'utf8').catch(unlessGone);
    return sealed === undefined ? undefined : unseal(keyring, kind, name, sealed);
  }

  /**
   * Where it is whole, and later than what has its name, it is a file of ours from now on. Sealed by a key that is not
   * there, it stays.
   */
  async function takeUp(draft: string, name: string): Promise<void> {
    const sealed = await readFile(at(draft), 'utf8').catch(unlessGone);
    if (sealed === undefined || isSealedByOther(keyring, sealed)) return;
    try {
      const value = unseal(keyring, kind, name, sealed);
      const there = await read(name);
      const isLater = !there || kind.writtenAtMs(there) < kind.writtenAtMs(value);
      if (isLater) return await rename(at(draft), at(name));
    } catch (error) {
      if (!(error instanceof UnreadableFile)) throw error;
    }
    await rm(at(draft), { force: true });
  }

  async function takeUpOld(): Promise<void> {
    for (const name of await readdir(directory)) {
      const itsName = draftOf.exec(name)?.[1];
      if (itsName === undefined && !PROBE.test(name)) continue;
      const found = await stat(at(name)).catch(unlessGone);
      if (!found || Date.now() - found.mtimeMs < OLD_MS) continue;
      if (itsName === undefined) await rm(at(name), { force: true });
      else await takeUp(name, itsName);
    }
    await syncDirectory(directory);
  }

  const names = async () => (await readdir(directory)).filter((name) => isName.test(name));

  const probe = at(`probe.${randomUUID()}`);
  await (await open(probe, 'wx', 0o600)).close();
  await rm(probe);
  await takeUpOld();

  return {
    write,
    read,
    names,
    async list() {
      const values: T[] = [];
      const unreadable: string[] = [];
      for (const name of await names()) {
        try {
          const value = await read(name);
          if (value !== undefined) values.push(value);
        } catch (error) {
          if (!(error instanceof UnreadableFile)) throw error;
          unreadable.push(name);
        }
      }
      return { values, unreadable };
    },
    remove: (name) => rm(at(name), { force: true }),
  };
}

class UnreadableFile extends Error {
  override readonly name = 'UnreadableFile';
}

function seal<T>(keyring: Keyring, kind: FileKind<T>, name: string, value: T): string {
  const id = keyring.first;
  const key = keyring.key(id);
  if (!key) throw new Error('ENCRYPTION_KEYS holds no key');
  const bytes = Buffer.from(JSON.stringify(kind.encode(value)));
  return `j1.${id}.${encrypt(key, bytes, bindTo(kind.context, name, id))}`;
}

const partsOf = (sealed: string) => /^j1\.([\w-]{1,32})\.(.*)$/s.exec(sealed.trim()) ?? [];

function isSealedByOther(keyring: Keyring, sealed: string): boolean {
  const [, id] = partsOf(sealed);
  return id !== undefined && keyring.key(id) === undefined;
}

function unseal<T>(keyring: Keyring, kind: FileKind<T>, name: string, sealed: string): T {
  const [, id = '', rest = ''] = partsOf(sealed);
  const key = keyring.key(id);
  if (!key) throw new UnreadableFile(name);
  try {
    const bytes = decrypt(key, rest, bindTo(kind.context, name, id));
    return kind.decode(JSON.parse(bytes?.toString('utf8') ?? ''));
  } catch {
    throw new UnreadableFile(name); // why would quote what is in it
  }
}

/** A folder of our own is closed to others. One that others share, or that is somebody else's, is not ours to close. */
async function keepToOwner(directory: string): Promise<void> {
  const { mode, uid } = await stat(directory);
  if ((mode & 0o077) === 0) return;
  const isShared = (mode & 0o1000) !== 0 || uid !== process.getuid?.();
  if (isShared)
    throw new Error(
      'others may look into it, and it is not ours to close: name a folder in it, which is made',
    );
  await chmod(directory, 0o700);
}

/** The name of a new file is on the disk when its directory is. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function unlessGone(error: unknown): undefined {
  // Not instanceof: errors of Node's own code are of another realm in some hosts.
  if (types.isNativeError(error) && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}
