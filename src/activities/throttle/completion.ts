import { setTimeout as delay } from 'node:timers/promises';
import { isTransientDatabaseError, type Pool } from '../../db/pool.js';
import type { PortalId } from '../../domain/portals/portal.js';
import {
  settleReleases,
  type Granted,
  type ReleaseState,
  type Settlement,
} from '../../db/throttle/releases.js';
import { backoffMs } from '../../domain/hubspot/backoff.js';
import type { Gateway, Permit } from '../../hubspot/gateway/gateway.js';
import type { Outcome } from '../../hubspot/wire/outcomes.js';
import type { Logger } from '../../platform/logger.js';
import type { ReleaseInstruments } from './instruments.js';

/** An execution that has ended and is booked as such. */
export interface Settled {
  readonly executionId: string;
  readonly packId: string | null;
  readonly state: ReleaseState;
}

interface Dependencies {
  pool: Pool;
  gateway: Gateway;
  logger: Logger;
  metrics: ReleaseInstruments;
  settled: (rows: readonly Settled[]) => void;
  stop: AbortSignal;
  deadlineMs?: number;
}

/**
 * Of a batch and all calls into which it is halved. Below the lease (releaser.ts): whoever sends it again after that can be sure that these
 * calls are over, and what they did is booked.
 */
const DEADLINE_MS = 8000;
/** With less time left the answer might not be waited for; it is sent later instead. */
const LEAST_CALL_MS = 250;
/** From this try on a batch that HubSpot cannot digest (5xx) is halved, in case one of it is the reason. */
const HALVE_FROM_ATTEMPT = 3;
/** A single completion that fails this often without HubSpot being away for others is given up, visibly. */
const MAX_ATTEMPTS = 20;

type Verdict = { readonly row: Granted; readonly ageFrom: number } & (
  | { readonly state: ReleaseState; readonly reason: string | null }
  | { readonly againInMs: number; readonly reason: string }
);

/**
 * Completes callbacks at HubSpot and books the answers. The batch endpoint answers for all or none: a 4xx is halved until the
 * bad callbacks stand alone, the others finish meanwhile.
 */
export function createCompletion({
  pool,
  gateway,
  logger,
  metrics,
  settled,
  stop,
  deadlineMs = DEADLINE_MS,
}: Dependencies) {
  /** Returns in how long something of it is to be sent again; undefined when all of it has ended. */
  async function complete(
    { workspaceId, portalId }: PortalId,
    rows: readonly Granted[],
    permit: Permit,
  ): Promise<number | undefined> {
    const verdicts = await send(portalId, rows, performance.now() + deadlineMs, permit);
    await book({ workspaceId, portalId }, verdicts);
    const again = verdicts.flatMap((verdict) => ('againInMs' in verdict ? [verdict.againInMs] : []));
    return again.length > 0 ? Math.max(...again) : undefined;
  }

  async function send(
    portalId: number,
    rows: readonly Granted[],
    deadlineAt: number,
    permit?: Permit,
  ): Promise<Verdict[]> {
    const leftMs = deadlineAt - performance.now();
    if (leftMs < LEAST_CALL_MS) {
      return rows.map((row) => ({
        row,
        ageFrom: performance.now(),
        againInMs: backoffOf(row),
        reason: 'no time was left',
      }));
    }
    const outcome = await gateway.request({
      portalId,
      priority: 'completion',
      resource: 'completeCallbacks',
      body: {
        inputs: rows.map((row) => ({
          callbackId: row.callbackId,
          outputFields: outputsOf(row),
          typedOutputs: {},
        })),
      },
      deadlineMs: leftMs,
      ...(permit ? { permit } : {}),
    });
    const ageFrom = performance.now();
    if (refusesSome(outcome, rows)) {
      const middle = Math.ceil(rows.length / 2);
      const halves = await Promise.all([
        send(portalId, rows.slice(0, middle), deadlineAt),
        send(portalId, rows.slice(middle), deadlineAt),
      ]);
      return halves.flat();
    }
    return rows.map((row) => ({ row, ageFrom, ...judge(outcome, row) }));
  }

  /** Books the verdicts, as long as it takes: the answers are known only here. */
  async function book({ workspaceId, portalId }: PortalId, verdicts: readonly Verdict[]): Promise<void> {
    const booked = new Set(await settle({ workspaceId, portalId }, settlementOf(verdicts)));
    // What another process has taken over meanwhile is not in there: it books that itself.
    const ended = verdicts.flatMap((verdict) =>
      'state' in verdict && booked.has(verdict.row.executionId)
        ? [{ executionId: verdict.row.executionId, packId: verdict.row.packId, state: verdict.state }]
        : [],
    );
    for (const { state } of ended) metrics.releases.inc({ state });
    settled(ended);
    for (const verdict of verdicts) {
      if ('state' in verdict && (verdict.state === 'gone' || verdict.state === 'failed')) {
        const { executionId, laneId, callbackId } = verdict.row;
        logger.warn('An execution ended without its completion', {
          portalId,
          executionId,
          laneId,
          callbackId,
          ...pick(verdict),
        });
      }
    }
  }

  async function settle({ workspaceId, portalId }: PortalId, settlement: Settlement): Promise<string[]> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await settleReleases(pool, workspaceId, settlement);
      } catch (error) {
        if (!isTransientDatabaseError(error) || (stop.aborted && attempt > 5)) throw error;
        logger.warn('Answers of HubSpot cannot be booked yet; trying again', { portalId, attempt, error });
        await delay(backoffMs(attempt, { baseMs: 100, mostMs: 2000, random: Math.random }));
      }
    }
  }

  return { complete };
}

function pick({ state, reason }: { state: ReleaseState; reason: string | null }) {
  return { state, reason };
}

/** Outputs for branching in HubSpot. All values are strings (HUBSPOT §1.4). */
function outputsOf(row: Granted): Record<string, string> {
  const ending = row.ending ?? 'released';
  return {
    hs_execution_state: ending === 'released' ? 'SUCCESS' : 'FAIL_CONTINUE',
    sluice_status: ending,
    sluice_wait_seconds: String(Math.round(row.waitedMs / 1000)),
    ...(row.queue === null ? {} : { sluice_queue: row.queue }),
  };
}

/** Whether the answer may be about some of the rows only. */
function refusesSome(outcome: Outcome, rows: readonly Granted[]): boolean {
  if (rows.length < 2) return false;
  if (outcome.kind === 'invalid' || outcome.kind === 'notFound') return true;
  return (
    outcome.kind === 'unavailable' &&
    (outcome.status ?? 0) >= 500 &&
    (rows[0]?.attempts ?? 0) >= HALVE_FROM_ATTEMPT
  );
}

function judge(
  outcome: Outcome,
  row: Granted,
): { state: ReleaseState; reason: string | null } | { againInMs: number; reason: string } {
  const wait = backoffOf(row);
  switch (outcome.kind) {
    case 'ok':
    case 'partial':
      return {
        state: row.ending === 'cancelled' || row.ending === 'expired' ? row.ending : 'completed',
        reason: null,
      };
    case 'notFound':
      return {
        state: 'gone',
        reason: `HubSpot does not know the callback (any more): it was completed elsewhere, or it expired`,
      };
    case 'invalid':
      return { state: 'failed', reason: `HubSpot refuses the completion: ${outcome.message}` };
    case 'throttled':
    case 'locked':
    case 'migrating':
      return { againInMs: Math.max(outcome.retryAfterMs, 250), reason: outcome.kind };
    case 'unauthorized':
    case 'forbidden':
      return { againInMs: Math.max(wait, 5000), reason: outcome.kind };
    case 'unknown':
      return { againInMs: wait, reason: 'no answer came; a repeat is harmless' };
    case 'unavailable':
      if (row.attempts >= MAX_ATTEMPTS && (outcome.status ?? 0) >= 500) {
        return {
          state: 'failed',
          reason: `HubSpot answered ${outcome.status ?? 'nothing'} to ${row.attempts} tries`,
        };
      }
      return { againInMs: wait, reason: outcome.kind };
  }
}

function backoffOf({ attempts }: Granted): number {
  return backoffMs(attempts, { baseMs: 1000, mostMs: 60_000, random: Math.random });
}

function settlementOf(verdicts: readonly Verdict[]): Settlement {
  const ended: Settlement['ended'][number][] = [];
  const closed = new Map<string, Settlement['closed'][number]>();
  const again = new Map<string, Settlement['again'][number]>();
  const now = performance.now();
  for (const verdict of verdicts) {
    const { grantId, fence, executionId } = verdict.row;
    if ('state' in verdict) {
      ended.push({ grantId, fence, executionId, state: verdict.state, reason: verdict.reason });
      // The window counts from the last answer that the grant got.
      const ageMs = Math.max(0, now - verdict.ageFrom);
      closed.set(grantId, { grantId, fence, ageMs: Math.min(ageMs, closed.get(grantId)?.ageMs ?? Infinity) });
    } else {
      again.set(grantId, {
        grantId,
        fence,
        inMs: Math.max(verdict.againInMs, again.get(grantId)?.inMs ?? 0),
      });
    }
  }
  return {
    ended,
    closed: [...closed.values()].filter(({ grantId }) => !again.has(grantId)),
    again: [...again.values()],
  };
}
