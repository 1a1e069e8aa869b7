import { audit } from '../../../db/audit/audit.js';
import { installStands, type InstallStanding } from '../../../db/portals/installStands.js';
import { isOurMistake, isTransientDatabaseError } from '../../../db/pool.js';
import { forWorkspace, inWorkspace } from '../../../db/tenant.js';
import { crashPoint } from '../../../platform/crashPoint.js';
import { AppError } from '../../../platform/errors.js';
import type { Logger } from '../../../platform/logger.js';
import { createSeldom } from '../../../platform/seldom.js';
import type { StartPortalWorkflow } from '../startPortalWorkflow.js';
import { newGrantedInstall, type GrantedInstall, type InstallJournal } from './installJournal.js';
import type { InstallGrant } from './obtainGrant.js';
import {
  checkGrant,
  portalOf,
  scopesNotAskedFor,
  storeInstall,
  type BegunInstall,
  type StoreDependencies,
} from './storeInstall.js';

/*
 * What HubSpot grants to an install is on the disk before the database is asked to store it. Where the database does
 * not take it while the page waits, it is kept, the page says so, and it is stored later, as the page would have.
 */

export interface KeptInstalls {
  /**
   * Does `work`, which stores the grant or says by an AppError why it is not to be stored. When it fails otherwise, the
   * grant is kept, and an AppError `install_kept` says so. Where there is no journal, or it cannot be written, `work`
   * fails as it does.
   */
  whileKept<T>(begun: BegunInstall, grant: InstallGrant, work: () => Promise<T>): Promise<T>;
  /** Stores what was granted longer ago than that: one try for each. Ends early when the database is away. */
  storeLeft(olderThanMs: number, stopping?: AbortSignal): Promise<void>;
}

interface Dependencies extends StoreDependencies {
  readonly logger: Logger;
  readonly journal: InstallJournal | undefined;
  readonly startInstall: StartPortalWorkflow;
}

/** In one pass. */
const MOST = 200;
/** What waits for something else than the database, or for an older one to come back, ends after so long. */
const WAITS_FOR_MS = 24 * 3_600_000;
/** A pass asks once; the next one asks again. */
const ONCE = { everyMs: 0, forMs: 0 };

/** Why a grant that was kept is not stored: `waits` until it is too old, all others at once. */
class NotStored extends Error {
  override readonly name = 'NotStored';
  constructor(
    readonly reason: string,
    readonly result: string,
    readonly waits: boolean,
  ) {
    super(reason);
  }
}

const FAILS_EACH_TIME = new NotStored('fails', 'internal', true);

export function createKeptInstalls(deps: Dependencies): KeptInstalls {
  const { pool, journal, logger, startInstall } = deps;
  const seldom = createSeldom();

  async function note(install: GrantedInstall): Promise<boolean> {
    try {
      await journal?.write(install);
      return journal !== undefined;
    } catch (error) {
      const said = seldom('write');
      const message = 'The journal of installs cannot be written: what HubSpot grants is not kept';
      if (said) logger.error(message, { portalId: install.grant.portalId, error, ...said });
      return false;
    }
  }

  /** What is left although it is stored is found to be so by a pass. */
  async function remove(install: GrantedInstall): Promise<void> {
    await journal?.remove(install).catch((error: unknown) => {
      const said = seldom('remove');
      if (said) logger.warn('A file of the journal of installs cannot be removed', { error, ...said });
    });
  }

  /** Returns the portal's epoch; undefined: it is stored already. */
  async function store({ begun, grant, grantedAtMs }: GrantedInstall): Promise<number | undefined> {
    const { workspaceId } = begun;
    const { portalId } = grant;
    const standing = await inWorkspace(pool, workspaceId, (client) =>
      installStands(client, { ...begun, portalId }),
    );
    if (standing !== 'stands') return overtaken(standing);
    checkGrant(begun, grant);
    const missing = await scopesNotAskedFor(pool, begun, grant);
    if (missing.length > 0) throw new NotStored('scopes_not_asked_for', 'install_missing_scope', false);
    // Clocks may have been set meanwhile: it lives no longer than it was granted for. One that has ended is not
    // refreshed here: it may be the refresh token that the portal has already, and who refreshes that holds its lock.
    const ageMs = Math.max(0, Date.now() - grantedAtMs);
    const expiresInMs = Math.max(0, grant.expiresInMs - ageMs);
    const late = { ...grant, expiresInMs };
    const stored = await storeInstall(deps, begun, late, { patience: ONCE, isLate: true });
    if (stored.kind === 'disconnecting') throw new NotStored('disconnecting', 'install_busy', true);
    return stored.kind === 'overtaken' ? overtaken(stored.standing) : portalOf(stored).epoch;
  }

  /** An end that is no success is on record, where its workspace is known here. */
  async function end(install: GrantedInstall, { reason, result }: NotStored): Promise<void> {
    const { workspaceId, linkId, actor } = install.begun;
    const { portalId } = install.grant;
    const db = forWorkspace(pool, workspaceId);
    const { rowCount } = await db.query('SELECT FROM workspaces WHERE id = $1', [workspaceId]);
    const entry = { workspaceId, actor, operation: 'portal.install' as const, portalId };
    if (rowCount === 1) await audit(pool, { ...entry, subject: { linkId, reason }, result });
    crashPoint('portals.kept.ended');
    await remove(install);
    const message = 'An install that was kept is not stored any more';
    logger.warn(message, { workspaceId, portalId, linkId, reason, result });
  }

  async function tryOne(install: GrantedInstall): Promise<void> {
    const { workspaceId } = install.begun;
    const { portalId } = install.grant;
    try {
      const epoch = await store(install);
      crashPoint('portals.kept.stored');
      await remove(install);
      if (epoch === undefined) return;
      logger.info('An install that could not be stored before is stored', { workspaceId, portalId });
      crashPoint('portals.kept.removed');
      await startInstall({ workspaceId, portalId, epoch });
    } catch (error) {
      const isOld = Date.now() - install.grantedAtMs >= WAITS_FOR_MS;
      const why = whyNot(error) ?? (isOld && isOurMistake(error) ? FAILS_EACH_TIME : undefined);
      if (!why) throw error;
      if (isOld || !why.waits) return end(install, why);
      const said = seldom(`waits ${install.id}`);
      const message =
        'An install is kept: the database is older than it, or the account is being disconnected';
      if (said) logger.warn(message, { workspaceId, portalId, reason: why.reason, ...said });
    }
  }

  return {
    async whileKept(begun, grant, work) {
      const install = newGrantedInstall(begun, grant);
      const isKept = await note(install);
      try {
        const done = await work();
        crashPoint('portals.install.stored');
        await remove(install);
        return done;
      } catch (error) {
        if (isDecided(error)) {
          await remove(install);
          throw error;
        }
        if (!isKept) throw error;
        throw new AppError(
          'install_kept',
          `HubSpot has allowed it for account ${grant.portalId}, and that is kept here. It is stored, and the account connected, as soon as our database takes it: mostly within a minute.`,
          { cause: error },
        );
      }
    },

    async storeLeft(olderThanMs, stopping) {
      const { installs, unreadable } = (await journal?.list()) ?? { installs: [], unreadable: [] };
      const said = unreadable.length > 0 && seldom('unreadable');
      const message =
        'Installs in the journal cannot be opened: add the key that sealed them to ENCRYPTION_KEYS';
      if (said) logger.error(message, { files: unreadable.slice(0, 20), ...said });
      // The newest first: of two for one portal it is the one that counts.
      const due = installs
        .filter(({ grantedAtMs }) => Date.now() - grantedAtMs >= olderThanMs)
        .sort((a, b) => b.grantedAtMs - a.grantedAtMs)
        .slice(0, MOST);
      for (const install of due) {
        if (stopping?.aborted) return;
        try {
          await tryOne(install);
          crashPoint('portals.kept.tried');
        } catch (error) {
          const { portalId } = install.grant;
          const again = seldom(`portal ${portalId}`);
          if (again)
            logger.warn('An install that is kept cannot be stored yet', { portalId, error, ...again });
          // Each of the others would wait for the same.
          if (isTransientDatabaseError(error)) return;
        }
      }
    },
  };
}

/** A word about the install, and not about what it goes through. */
function isDecided(error: unknown): error is AppError {
  return error instanceof AppError && error.status < 500;
}

function overtaken(standing: Exclude<InstallStanding, 'stands'>): undefined {
  if (standing !== 'stored') throw new NotStored(standing, 'install_expired', standing === 'not_here');
}

function whyNot(error: unknown): NotStored | undefined {
  if (error instanceof NotStored) return error;
  return isDecided(error) ? new NotStored(error.code, error.code, false) : undefined;
}
