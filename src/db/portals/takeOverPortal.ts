import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import type { PortalEpoch } from '../../domain/portals/portal.js';
import { audit } from '../audit/audit.js';
import type { Pool } from '../pool.js';
import { inWorkspace, workspaceList } from '../tenant.js';
import { lockPortal } from './lockPortal.js';
import { crashPoint } from '../../platform/crashPoint.js';

/*
 * How a portal goes from one workspace to another that has proved to hold the account, or to which the operator gives
 * it. First it ends where it is, as by a disconnect: what waits there ends by the same path. Then its row changes
 * hands, without a token. migrations/functions/portals/release_portal.sql.
 */

/**
 * `free`: it is the asker's, disconnected. `held`: it stays where it is. `ending`: it is being disconnected there; ask
 * again when it is.
 */
export type Release =
  | { readonly kind: 'free' }
  | { readonly kind: 'held' }
  | { readonly kind: 'ending'; readonly former: PortalEpoch };

interface Taker {
  readonly workspaceId: string;
  readonly portalId: number;
  /** As the audit chains of both sides name who did it. */
  readonly actor: string;
  /** An operator may take what another workspace has proved to hold. */
  readonly force?: boolean;
}

export function releasePortal(pool: Pool, taker: Taker): Promise<Release> {
  const { workspaceId, portalId, actor, force = false } = taker;
  return inWorkspace(pool, workspaceId, async (client) => {
    await lockPortal(client, portalId);
    const { rows } = await client.query<{
      result: 'free' | 'held' | 'ending';
      changed: boolean;
      former: string | null;
      epoch: number | null;
    }>({
      name: 'portals.release',
      text: 'SELECT result, changed, former, epoch FROM release_portal($1, $2, $3)',
      values: [portalId, workspaceId, force],
    });
    const [row] = rows;
    if (!row) throw new Error('The portal was not looked for');
    const { result, changed, former, epoch } = row;
    if (former === null || epoch === null) return { kind: result === 'ending' ? 'held' : result };
    if (changed) await auditBoth(client, { workspaceId, portalId, actor }, { former, result });
    return result === 'ending'
      ? { kind: result, former: { workspaceId: former, portalId, epoch } }
      : { kind: result };
  });
}

/** The chains are extended in the order of the workspaces' ids, so that two that change hands cannot deadlock. */
async function auditBoth(
  client: pg.PoolClient,
  { workspaceId, portalId, actor }: Taker,
  { former, result }: { former: string; result: string },
): Promise<void> {
  await client.query(`SET LOCAL app.workspace = '${workspaceList([workspaceId, former])}'`);
  const step = result === 'ending' ? 'begun' : 'done';
  const entries = [
    { workspaceId: former, operation: 'portal.taken' as const, actor: 'system' },
    { workspaceId, operation: 'portal.take' as const, actor },
  ].sort((a, b) => (a.workspaceId < b.workspaceId ? -1 : 1));
  for (const entry of entries) await audit(client, { ...entry, portalId, subject: { step }, result: 'ok' });
}

/** How often, and for how long, the end of a portal in its former workspace is waited for. */
export interface Patience {
  readonly everyMs: number;
  readonly forMs: number;
}

/**
 * Releases a portal and waits until it has ended where it was. `startDisconnect` starts the workflow that ends it
 * there. Resolves to `ending` when that takes longer.
 */
export async function takeOverPortal(
  pool: Pool,
  taker: Taker,
  { everyMs, forMs }: Patience,
  startDisconnect: (portal: PortalEpoch) => Promise<void>,
): Promise<Release['kind']> {
  const deadline = performance.now() + forMs;
  let started = false;
  for (;;) {
    const release = await releasePortal(pool, taker);
    if (release.kind !== 'ending') return release.kind;
    crashPoint('portals.take.begun');
    if (!started) await startDisconnect(release.former);
    crashPoint('portals.take.ending');
    started = true;
    if (performance.now() >= deadline) return 'ending';
    await delay(everyMs);
  }
}
