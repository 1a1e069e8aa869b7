import { isTransientDatabaseError, type Pool } from '../../db/pool.js';
import { createTokenReader, reviveWithToken, storeRefreshed, type TokenId } from '../../db/tokens/tokens.js';
import type { PortalId } from '../../domain/portals/portal.js';
import { crashPoint } from '../../platform/crashPoint.js';
import type { Logger } from '../../platform/logger.js';
import { createSeldom } from '../../platform/seldom.js';
import { accessTokenContext, refreshTokenContext } from '../../secrets/encryptionContext.js';
import type { Sealing } from '../../secrets/sealing.js';
import type { JournalEntry, TokenJournal } from './tokenJournal.js';

/*
 * From HubSpot's answer until the database has it, a grant is kept: in this process, and where there is a journal on
 * its disk, over restarts.
 */

type Granted = JournalEntry['grant'];

export interface KeepGrant {
  /** Before the database is asked. A journal that cannot be written holds up nothing. */
  note(from: TokenId, grant: Granted): Promise<void>;
  /** One try. False: a newer token is there, or the portal has no use for one. */
  store(from: TokenId, grant: Granted, expiresInMs: () => number): Promise<boolean>;
  /** Stores what an earlier try, or an earlier process, could not. True: the portal has it now. */
  storeLeft(from: TokenId): Promise<boolean>;
  /**
   * The same of all portals that this machine's journal knows of, of what was granted longer ago than that. Ends early
   * when the database is away, and when `stopping`.
   */
  storeAllLeft(olderThanMs: number, stopping?: AbortSignal): Promise<void>;
}

interface Dependencies {
  readonly pool: Pool;
  readonly sealing: Sealing;
  readonly journal: TokenJournal | undefined;
  readonly logger: Logger;
  /** Our app, to which HubSpot grants. */
  readonly clientId: string;
  /** The portal needed a new authorisation, and needs none any more. */
  readonly onRevived: (portal: PortalId) => void;
}

export function createKeepGrant({
  pool,
  sealing,
  journal,
  logger,
  clientId,
  onRevived,
}: Dependencies): KeepGrant {
  const seldom = createSeldom();
  const readToken = createTokenReader(pool);

  async function sealed(from: TokenId, grant: Granted) {
    const { workspaceId, portalId } = from;
    return {
      accessTokenSealed: await sealing.seal(grant.accessToken, accessTokenContext(workspaceId, portalId)),
      refreshTokenSealed: await sealing.seal(grant.refreshToken, refreshTokenContext(workspaceId, portalId)),
      scopes: grant.scopes,
      grantedTo: clientId,
    };
  }

  /** It is stored: a file that is left is found out to be old when it is read. */
  async function remove(from: TokenId): Promise<void> {
    await journal?.remove(from).catch((error: unknown) => {
      const said = seldom('remove');
      if (said) logger.warn('A file of the journal of tokens cannot be removed', { error, ...said });
    });
  }

  /** A journal that cannot be read holds up nothing, either. */
  async function find(from: TokenId): Promise<JournalEntry | undefined> {
    try {
      return await journal?.find(from);
    } catch (error) {
      const said = seldom('find');
      const message = 'The journal of tokens cannot be read';
      if (said) logger.error(message, { portalId: from.portalId, error, ...said });
      return undefined;
    }
  }

  /** Whether nobody will have a use for what was made from this token, granted so long ago. */
  async function isPast(from: TokenId, grantedMsAgo: number): Promise<boolean> {
    const row = await readToken(from);
    if (!row || row.epoch > from.epoch) return true;
    if (row.epoch < from.epoch) return false;
    if (row.version > from.version || row.state === 'disconnected') return true;
    // The database has gone back, and HubSpot has granted another since.
    return row.version < from.version && row.ageMs !== null && row.ageMs < grantedMsAgo;
  }

  /** It was not stored: it goes where it never will be, and else stays for a later try. */
  async function removeIfPast(from: TokenId, grantedMsAgo: number): Promise<void> {
    const { portalId, epoch, version } = from;
    if (await isPast(from, grantedMsAgo)) return remove(from);
    const said = seldom(`kept ${portalId}`);
    const message =
      'A token stays in the journal: the database is older than it, or was busy with the portal';
    if (said) logger.warn(message, { portalId, epoch, version, ...said });
  }

  function tellIfWentBack({ portalId, version }: TokenId, replaced: number): void {
    if (replaced === version) return;
    const message = 'The database had gone back: it has the token that HubSpot granted since';
    logger.warn(message, { portalId, databaseVersion: replaced, version: version + 1 });
  }

  async function storeEntry({ from, grant, grantedAtMs }: JournalEntry): Promise<boolean> {
    const grantedMsAgo = () => Math.max(0, Date.now() - grantedAtMs);
    // Clocks may have been set meanwhile: it lives no longer than it was granted for.
    const expiresInMs = () => Math.max(0, grant.expiresInMs - grantedMsAgo());
    const token = { ...(await sealed(from, grant)), expiresInMs, grantedMsAgo };
    const { portalId } = from;
    const stored = await storeRefreshed(pool, from, token);
    const revived = stored === undefined ? await reviveWithToken(pool, from, token) : undefined;
    crashPoint('tokens.journal.token-stored');
    const replaced = stored ?? revived;
    if (replaced === undefined) {
      await removeIfPast(from, grantedMsAgo());
      return false;
    }
    await remove(from);
    const isRevived = revived !== undefined;
    logger.info('A token that could not be stored before is stored', { portalId, revived: isRevived });
    tellIfWentBack(from, replaced);
    if (isRevived) onRevived(from);
    return true;
  }

  return {
    async note(from, grant) {
      try {
        await journal?.write({ from, grant, grantedAtMs: Date.now() });
      } catch (error) {
        const said = seldom('journal');
        const message = 'The journal of tokens cannot be written: a token is kept in this process alone';
        if (said) logger.error(message, { portalId: from.portalId, error, ...said });
      }
    },

    async store(from, grant, expiresInMs) {
      const grantedMsAgo = () => grant.expiresInMs - expiresInMs();
      const token = { ...(await sealed(from, grant)), expiresInMs, grantedMsAgo };
      const replaced = await storeRefreshed(pool, from, token);
      crashPoint('tokens.journal.token-stored');
      if (replaced === undefined) {
        await removeIfPast(from, grantedMsAgo());
        return false;
      }
      await remove(from);
      tellIfWentBack(from, replaced);
      return true;
    },

    async storeLeft(from) {
      const entry = await find(from);
      return entry !== undefined && (await storeEntry(entry));
    },

    async storeAllLeft(olderThanMs, stopping) {
      const { entries, unreadable } = (await journal?.list()) ?? { entries: [], unreadable: [] };
      const said = unreadable.length > 0 && seldom('unreadable');
      const message =
        'Tokens in the journal cannot be opened: add the key that sealed them to ENCRYPTION_KEYS';
      if (said) logger.error(message, { files: unreadable.slice(0, 20), ...said });
      // The newest first: what it followed is past when it is stored.
      const due = entries
        .filter(({ grantedAtMs }) => Date.now() - grantedAtMs >= olderThanMs)
        .sort((a, b) => b.grantedAtMs - a.grantedAtMs);
      for (const entry of due) {
        if (stopping?.aborted) return;
        try {
          await storeEntry(entry);
        } catch (error) {
          const { portalId } = entry.from;
          const again = seldom(`portal ${portalId}`);
          if (again)
            logger.warn('A token of the journal cannot be stored yet', { portalId, error, ...again });
          // Each of the others would wait for the same.
          if (isTransientDatabaseError(error)) return;
        }
      }
    },
  };
}
