import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
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
  /** What is left of the portal's, made from this token; undefined: nothing. */
  find(from: TokenId): Promise<JournalEntry | undefined>;
  /** All that is left. `unreadable`: files that no key of ENCRYPTION_KEYS opens. */
  list(): Promise<{ entries: JournalEntry[]; unreadable: string[] }>;
  remove(from: TokenId): Promise<void>;
}

const SUFFIX = '.token';

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

/** Makes the directory where it is not there; rejects where that, or writing into it, is not allowed. */
export async function openTokenJournal(directory: string, keyring: Keyring): Promise<TokenJournal> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const at = (name: string) => path.join(directory, name);

  async function write(entry: JournalEntry): Promise<void> {
    const name = nameOf(entry.from);
    const temporary = at(`${name}.${randomUUID()}`);
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(seal(keyring, name, entry));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, at(name));
    await syncDirectory(directory);
  }

  async function read(name: string): Promise<JournalEntry | undefined> {
    const sealed = await readFile(at(name), 'utf8').catch(unlessGone);
    return sealed === undefined ? undefined : unseal(keyring, name, sealed);
  }

  const probe = at(`probe.${randomUUID()}`);
  await (await open(probe, 'wx', 0o600)).close();
  await rm(probe);

  return {
    write,
    find: (from) => read(nameOf(from)),
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

function unseal(keyring: Keyring, name: string, sealed: string): JournalEntry {
  const [, id = '', rest = ''] = /^j1\.([\w-]{1,32})\.(.*)$/s.exec(sealed.trim()) ?? [];
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
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}
