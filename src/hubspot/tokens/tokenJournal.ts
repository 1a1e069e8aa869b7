import { z } from 'zod';
import type { TokenId } from '../../db/tokens/tokens.js';
import { Secret } from '../../platform/secret.js';
import type { Keyring } from '../../secrets/keyring.js';
import { openSealedFiles, type FileKind } from '../../secrets/sealedFiles.js';
import type { Grant } from '../oauth/oauth.js';

/*
 * Tokens that HubSpot has granted and the database has not: a file each, on a volume of this machine's, written before
 * the database is asked and removed when it has the token. Where HubSpot rotates refresh tokens, one that is lost
 * between the two costs the portal.
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

const KIND: FileKind<JournalEntry> = {
  name: /\d{1,19}-\d{1,19}-\d{1,19}\.token/,
  context: 'token_journal',
  encode({ from, grant, grantedAtMs }): z.infer<typeof bodySchema> {
    const { workspaceId, portalId, version, epoch } = from;
    return {
      ...{ workspaceId, portalId, version, epoch, grantedAtMs },
      accessToken: grant.accessToken.reveal(),
      refreshToken: grant.refreshToken.reveal(),
      expiresInMs: grant.expiresInMs,
      scopes: grant.scopes === undefined ? null : [...grant.scopes],
    };
  },
  decode(body) {
    const { accessToken, refreshToken, expiresInMs, scopes, grantedAtMs, ...from } = bodySchema.parse(body);
    return {
      from,
      grant: {
        ...{ accessToken: new Secret(accessToken), refreshToken: new Secret(refreshToken), expiresInMs },
        scopes: scopes ?? undefined,
      },
      grantedAtMs,
    };
  },
  writtenAtMs: ({ grantedAtMs }) => grantedAtMs,
};

/** Rejects where the folder cannot be used. */
export async function openTokenJournal(directory: string, keyring: Keyring): Promise<TokenJournal> {
  const files = await openSealedFiles(directory, keyring, KIND);
  return {
    write: (entry) => files.write(nameOf(entry.from), entry),
    async find(from) {
      const versions = (await files.names()).map((name) => versionIn(name, from));
      const latest = Math.max(...versions.filter((version) => version >= from.version));
      return Number.isFinite(latest) ? files.read(nameOf({ ...from, version: latest })) : undefined;
    },
    async list() {
      const { values, unreadable } = await files.list();
      return { entries: values, unreadable };
    },
    remove: (from) => files.remove(nameOf(from)),
  };
}

function nameOf({ portalId, epoch, version }: TokenId): string {
  return `${portalId}-${epoch}-${version}${SUFFIX}`;
}

/** Of a file of that portal and epoch; of any other NaN. */
function versionIn(name: string, { portalId, epoch }: TokenId): number {
  const start = `${portalId}-${epoch}-`;
  return name.startsWith(start) ? Number(name.slice(start.length, -SUFFIX.length)) : NaN;
}
