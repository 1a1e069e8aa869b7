import { randomUUID } from 'node:crypto';
import { chmod, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { types } from 'node:util';
import { z } from 'zod';
import type { TokenId } from '../../db/tokens/tokens.js';
import { Secret } from '../../platform/secret.js';
import { bindTo, decrypt, encrypt } from '../../secrets/aead.js';
import type { Keyring } from '../../secrets/keyring.js';
import type { Grant } from '../oauth/oauth.js';

/*
 * Tokens that HubSpot has granted and the database has not: a file each, on a volume of this machine's, written before
 * the database is asked and removed when it has the token. Where HubSpot rotates refresh tokens, one that is lost
 * between the two costs the portal. Files are sealed by the first key of ENCRYPTION_KEYS itself, since data keys are in
 * the database, and bound to their names.
 */

/** A grant, and the token from whose refresh it came. */
export interface JournalEntry {
  readonly from: TokenId;
  readonly grant: Pick<Grant, 'accessToken' | 'refreshToken' | 'expiresInMs' | 'scopes'>;
  /** By this machine's clock. */
  readonly grantedAtMs: number;
}

export interface TokenJournal {
  /** Resolves when it is on the disk. */
  write(entry: JournalEntry): Promise<void>;
  /**
   * What is left of the portal's, made from this token or, where the database has gone back, from a later one of the
   * same epoch: the latest. Undefined: nothing.
   */
  find(from: TokenId): Promise<JournalEntry | undefined>;
  /** All that is left. `unreadable`: files that no key of ENCRYPTION_KEYS opens. */
  list(): Promise<{ entries: JournalEntry[]; unreadable: string[] }>;
  remove(from: TokenId): Promise<void>;
}

const SUFFIX = '.token';
/** A draft, under the name that it is to have, and a trial of the folder. */
const DRAFT = /^(\d+-\d+-\d+\.token)\.[0-9a-f-]{36}$/;
const PROBE = /^probe\.[0-9a-f-]{36}$/;
/** Whoever wrote one that is as old as this is not writing it any more. */
const OLD_MS = 5 * 60_000;

const bodySchema = z.strictObject({
  workspaceId: z.string(),
  portalId: z.number(),
  version: z.number(),
  epoch: z.number(),
  accessToken: z.string(),
  refreshToken: z.string(),
  expiresInMs: z.number(),
  scopes: z.array(z.string()).nullable(),
  grantedAtMs: z.number(),
});

/**
 * Makes the directory where it is not there, for its owner alone; rejects where that, or writing into it, is not
 * allowed. What a process that died was writing there is taken up where it is whole.
 */
export async function openTokenJournal(directory: string, keyring: Keyring): Promise<TokenJournal> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await keepToOwner(directory);
  const at = (name: string) => path.join(directory, name);

  async function write(entry: JournalEntry): Promise<void> {
    const name = nameOf(entry.from);
    const temporary = at(`${name}.${randomUUID()}`);
    try {
      const file = await open(temporary, 'wx', 0o600);
      try {
        await file.writeFile(seal(keyring, name, entry));
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, at(name));
    } catch (error) {
      // Of the two failures the first one says what is wrong; what stays is removed when the journal is opened.
      await rm(temporary, { force: true }).catch(() => undefined);
      throw error;
    }
    await syncDirectory(directory);
  }

  async function read(name: string): Promise<JournalEntry | undefined> {
    const sealed = await readFile(at(name), 'utf8').catch(unlessGone);
    return sealed === undefined ? undefined : unseal(keyring, name, sealed);
  }

  /**
   * Where it is whole, and later than what has its name, it is an entry from now on. Sealed by a key that is not there,
   * it stays.
   */
  async function takeUp(draft: string, name: string): Promise<void> {
    const sealed = await readFile(at(draft), 'utf8').catch(unlessGone);
    if (sealed === undefined || isSealedByOther(keyring, sealed)) return;
    try {
      const entry = unseal(keyring, name, sealed);
      const there = await read(name);
      if (!there || there.grantedAtMs < entry.grantedAtMs) return await rename(at(draft), at(name));
    } catch (error) {
      if (!(error instanceof UnreadableEntry)) throw error;
    }
    await rm(at(draft), { force: true });
  }

  async function takeUpOld(): Promise<void> {
    for (const name of await readdir(directory)) {
      const entryName = DRAFT.exec(name)?.[1];
      if (entryName === undefined && !PROBE.test(name)) continue;
      const found = await stat(at(name)).catch(unlessGone);
      if (!found || Date.now() - found.mtimeMs < OLD_MS) continue;
      if (entryName === undefined) await rm(at(name), { force: true });
      else await takeUp(name, entryName);
    }
    await syncDirectory(directory);
  }

  const probe = at(`probe.${randomUUID()}`);
  await (await open(probe, 'wx', 0o600)).close();
  await rm(probe);
  await takeUpOld();

  return {
    write,
    async find(from) {
      const versions = (await readdir(directory)).map((name) => versionIn(name, from));
      const latest = Math.max(...versions.filter((version) => version >= from.version));
      return Number.isFinite(latest) ? read(nameOf({ ...from, version: latest })) : undefined;
    },
    async list() {
      const entries: JournalEntry[] = [];
      const unreadable: string[] = [];
      for (const name of (await readdir(directory)).filter((one) => one.endsWith(SUFFIX))) {
        try {
          const entry = await read(name);
          if (entry) entries.push(entry);
        } catch (error) {
          if (!(error instanceof UnreadableEntry)) throw error;
          unreadable.push(name);
        }
      }
      return { entries, unreadable };
    },
    remove: (from) => rm(at(nameOf(from)), { force: true }),
  };
}

class UnreadableEntry extends Error {
  override readonly name = 'UnreadableEntry';
}

function nameOf({ portalId, epoch, version }: TokenId): string {
  return `${portalId}-${epoch}-${version}${SUFFIX}`;
}

/** Of a file of that portal and epoch; of any other NaN. */
function versionIn(name: string, { portalId, epoch }: TokenId): number {
  const start = `${portalId}-${epoch}-`;
  return name.startsWith(start) && name.endsWith(SUFFIX)
    ? Number(name.slice(start.length, -SUFFIX.length))
    : NaN;
}

function seal(keyring: Keyring, name: string, { from, grant, grantedAtMs }: JournalEntry): string {
  const { workspaceId, portalId, version, epoch } = from;
  const body: z.infer<typeof bodySchema> = {
    ...{ workspaceId, portalId, version, epoch, grantedAtMs },
    accessToken: grant.accessToken.reveal(),
    refreshToken: grant.refreshToken.reveal(),
    expiresInMs: grant.expiresInMs,
    scopes: grant.scopes === undefined ? null : [...grant.scopes],
  };
  const id = keyring.first;
  const key = keyring.key(id);
  if (!key) throw new Error('ENCRYPTION_KEYS holds no key');
  return `j1.${id}.${encrypt(key, Buffer.from(JSON.stringify(body)), bindTo('token_journal', name, id))}`;
}

const partsOf = (sealed: string) => /^j1\.([\w-]{1,32})\.(.*)$/s.exec(sealed.trim()) ?? [];

function isSealedByOther(keyring: Keyring, sealed: string): boolean {
  const [, id] = partsOf(sealed);
  return id !== undefined && keyring.key(id) === undefined;
}

function unseal(keyring: Keyring, name: string, sealed: string): JournalEntry {
  const [, id = '', rest = ''] = partsOf(sealed);
  const key = keyring.key(id);
  if (!key) throw new UnreadableEntry(name);
  let body: z.infer<typeof bodySchema>;
  try {
    const bytes = decrypt(key, rest, bindTo('token_journal', name, id));
    body = bodySchema.parse(JSON.parse(bytes?.toString('utf8') ?? ''));
  } catch {
    throw new UnreadableEntry(name); // why would quote what is in it
  }
  const { accessToken, refreshToken, expiresInMs, scopes, grantedAtMs, ...from } = body;
  return {
    from,
    grant: {
      ...{ accessToken: new Secret(accessToken), refreshToken: new Secret(refreshToken), expiresInMs },
      scopes: scopes ?? undefined,
    },
    grantedAtMs,
  };
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
