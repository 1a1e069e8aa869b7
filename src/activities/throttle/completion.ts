import type { Pool } from '../../db/pool.js';
import { settleReleases, type Settlement } from '../../db/throttle/settleReleases.js';
import type { Admitted } from '../../db/throttle/admitReleases.js';
import { untilAnswered } from '../../db/untilAnswered.js';
import type { PortalId } from '../../domain/portals/portal.js';
import { endOutputs } from '../../domain/throttle/actionOutputs.js';
import type { ReleaseState } from '../../domain/throttle/executionStates.js';
import type { Gateway, Permit } from '../../hubspot/gateway/gateway.js';
import type { Logger } from '../../platform/logger.js';
import { classifyOutcome, pauseBefore, refusesSome, type Verdict } from './classifyOutcome.js';
import type { ReleaseInstruments } from './instruments.js';

/** An execution whose end is stored. */
export interface Settled {
  readonly executionId: string;
  readonly packId: string | null;
  readonly state: ReleaseState;
}

interface Dependencies {
  readonly pool: Pool;
  readonly gateway: Gateway;
  readonly logger: Logger;
  readonly metrics: ReleaseInstruments;
  readonly settled: (rows: readonly Settled[]) => void;
  readonly stop: AbortSignal;
  readonly deadlineMs?: number;
}

/**
 * Of a batch and all calls into which it is halved. Below the lease (releaser.ts): when another process sends the batch
 * again after that, these calls are over, and what they did is stored.
 */
const DEADLINE_MS = 8000;
/** With less time left the answer might not be waited for; the completion is sent later instead. */
const LEAST_CALL_MS = 250;
const MAX_PAUSE_MS = 2000;
/** A process that stops gives the database so many tries. */
const MAX_TRIES_WHEN_STOPPING = 5;

type Answered = { readonly row: Admitted; readonly answeredAt: number } & Verdict;

/**
 * Completes callbacks at HubSpot and stores the answers. The batch endpoint answers for all or none: a batch that is
 * refused is halved until the bad callbacks stand alone, and the others finish meanwhile.
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
  /** Returns in how long some of the rows are to be sent again; undefined when all have ended. */
  async function complete(
    portal: PortalId,
    rows: readonly Admitted[],
    permit: Permit,
  ): Promise<number | undefined> {
    const answers = await send(portal.portalId, rows, performance.now() + deadlineMs, permit);
    await settle(portal, answers);
    const again = answers.flatMap((answer) => ('againInMs' in answer ? [answer.againInMs] : []));
    return again.length > 0 ? Math.max(...again) : undefined;
  }

  async function send(
    portalId: number,
    rows: readonly Admitted[],
    deadlineAt: number,
    permit?: Permit,
  ): Promise<Answered[]> {
    const leftMs = deadlineAt - performance.now();
    if (leftMs < LEAST_CALL_MS) {
      const answeredAt = performance.now();
      return rows.map((row) => ({
        row,
        answeredAt,
        againInMs: pauseBefore(row),
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
    const answeredAt = performance.now();
    if (refusesSome(outcome, rows)) {
      const middle = Math.ceil(rows.length / 2);
      const halves = await Promise.all([
        send(portalId, rows.slice(0, middle), deadlineAt),
        send(portalId, rows.slice(middle), deadlineAt),
      ]);
      return halves.flat();
    }
    return rows.map((row) => ({ row, answeredAt, ...classifyOutcome(outcome, row) }));
  }

  /** Stores the answers, as long as it takes: they are known only here. */
  async function settle({ workspaceId, portalId }: PortalId, answers: readonly Answered[]): Promise<void> {
    const settlement = settlementOf(answers);
    const stored = new Set(
      await untilAnswered(() => settleReleases(pool, workspaceId, settlement), {
        goOn: (attempt) => !stop.aborted || attempt <= MAX_TRIES_WHEN_STOPPING,
        onFailure: (error, attempt) =>
          logger.warn('Answers of HubSpot cannot be stored yet; trying again', { portalId, attempt, error }),
        maxPauseMs: MAX_PAUSE_MS,
      }),
    );
    const ended: Settled[] = [];
    for (const { row, ...verdict } of answers) {
      if (!('state' in verdict)) continue;
      const { executionId, packId, laneId, callbackId } = row;
      const { state, reason } = verdict;
      // An execution that another process has taken over meanwhile is not among them: that process stores its answer.
      if (stored.has(executionId)) ended.push({ executionId, packId, state });
      if (state === 'gone' || state === 'failed') {
        const about = { portalId, executionId, laneId, callbackId, state, reason };
        logger.warn('An execution ended without its completion', about);
      }
    }
    for (const { state } of ended) metrics.releases.inc({ state });
    settled(ended);
  }

  return { complete };
}

function outputsOf({ ending, waitedMs, queue }: Admitted) {
  return endOutputs(ending ?? 'released', { queue, waitMs: waitedMs });
}

function settlementOf(answers: readonly Answered[]): Settlement {
  const ended: Settlement['ended'][number][] = [];
  const closed = new Map<string, Settlement['closed'][number]>();
  const again = new Map<string, Settlement['again'][number]>();
  const now = performance.now();
  for (const answer of answers) {
    const { admissionId, fence, executionId } = answer.row;
    if ('state' in answer) {
      ended.push({ admissionId, fence, executionId, state: answer.state, reason: answer.reason });
      // The window counts from the last answer that the admission got.
      const ageMs = Math.min(now - answer.answeredAt, closed.get(admissionId)?.ageMs ?? Infinity);
      closed.set(admissionId, { admissionId, fence, ageMs: Math.max(0, ageMs) });
    } else {
      const inMs = Math.max(answer.againInMs, again.get(admissionId)?.inMs ?? 0);
      again.set(admissionId, { admissionId, fence, inMs });
    }
  }
  return {
    ended,
    closed: [...closed.values()].filter(({ admissionId }) => !again.has(admissionId)),
    again: [...again.values()],
  };
}
