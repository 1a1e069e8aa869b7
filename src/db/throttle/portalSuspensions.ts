import type { PortalId } from '../../domain/portals/portal.js';
import type { SuspensionReason } from '../../domain/throttle/suspension.js';
import type { Queryable } from '../pool.js';
import type { Admitted } from './admitReleases.js';

/*
 * Portals whose releases are suspended (domain/throttle/suspension.ts). While a portal has its row, admit_turns
 * admits nothing there, in no process; its packs sleep until they are nudged. Times are the database's.
 */

/**
 * Holds the portal's releases for `ms`. `refusals`: a call that had to find out was refused, so often in a row;
 * null: any other was.
 */
export async function suspendPortal(
  db: Queryable,
  { workspaceId, portalId }: PortalId,
  suspension: { readonly reason: SuspensionReason; readonly ms: number; readonly refusals: number | null },
): Promise<{ suspendedMs: number; began: boolean } | undefined> {
  const { rows } = await db.query<{ suspendedMs: number; began: boolean }>({
    name: 'suspend_portal',
    text: 'SELECT suspended_ms AS "suspendedMs", began FROM suspend_portal($1, $2, $3, $4, $5)',
    values: [workspaceId, portalId, suspension.reason, suspension.ms, suspension.refusals],
  });
  return rows[0];
}

/** HubSpot takes completions of the portal. Returns for how long they were suspended; null: they were not. */
export async function endSuspension(
  db: Queryable,
  { workspaceId, portalId }: PortalId,
): Promise<number | null> {
  const { rows } = await db.query<{ lastedMs: number | null }>({
    name: 'end_suspension',
    text: 'SELECT end_suspension($1, $2) AS "lastedMs"',
    values: [workspaceId, portalId],
  });
  return rows[0]?.lastedMs ?? null;
}

/**
 * Whether this process is to find out if HubSpot takes completions again
 * (migrations/functions/throttle/begin_probe.sql).
 */
export type ProbeTurn =
  | { readonly state: 'open'; readonly lastedMs: number | null }
  | { readonly state: 'waiting'; readonly waitMs: number | null }
  /** `refusedMs`: how long ago HubSpot refused the last completion. */
  | {
      readonly state: 'mine';
      readonly reason: SuspensionReason;
      readonly refusals: number;
      readonly refusedMs: number;
    };

/** For `probeMs` no other process gets the turn. */
export async function beginProbe(
  db: Queryable,
  { workspaceId, portalId }: PortalId,
  probeMs: number,
): Promise<ProbeTurn> {
  const { rows } = await db.query<ProbeTurn>({
    name: 'begin_probe',
    text: `SELECT state, wait_ms AS "waitMs", reason, refusals, refused_ms AS "refusedMs", lasted_ms AS "lastedMs"
             FROM begin_probe($1, $2, $3)`,
    values: [workspaceId, portalId, probeMs],
  });
  return rows[0] ?? { state: 'open', lastedMs: null };
}

/** What the call is to send; `waitMs` where nothing may be sent yet. Neither: nothing is left that was refused. */
export async function probeReleases(
  db: Queryable,
  { workspaceId, portalId }: PortalId,
  probe: {
    readonly owner: string;
    readonly leaseMs: number;
    readonly holdMs: number;
    readonly next: boolean;
  },
): Promise<{ admitted: Admitted[]; waitMs: number | undefined }> {
  const { rows } = await db.query<Omit<Admitted, 'executionId'> & { executionId: string | null }>({
    name: 'probe_turns',
    text: `SELECT lane_id AS "laneId", grant_id AS "admissionId", fence, execution_id AS "executionId",
                  callback_id AS "callbackId", pack_id AS "packId", ending, waited_ms::float8 AS "waitedMs",
                  late_ms::float8 AS "lateMs", attempts, queue, place
             FROM probe_turns($1, $2, $3, $4, $5, $6)`,
    values: [workspaceId, portalId, probe.owner, probe.leaseMs, probe.holdMs, probe.next],
  });
  const admitted = rows.flatMap(({ executionId, ...row }) =>
    executionId === null ? [] : [{ ...row, executionId }],
  );
  return { admitted, waitMs: rows.find(({ executionId }) => executionId === null)?.lateMs };
}

/** Held portals of any workspace that nobody looks after, although it is time. */
export async function suspensionsDue(db: Queryable, lateMs: number, max: number): Promise<PortalId[]> {
  const { rows } = await db.query<PortalId>(
    `SELECT workspace_id AS "workspaceId", portal_id::float8 AS "portalId" FROM suspensions_due($1, $2)`,
    [lateMs, max],
  );
  return rows;
}
