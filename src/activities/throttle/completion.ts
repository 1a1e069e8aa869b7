import type { Pool } from '../../db/pool.js';
import { suspendPortal } from '../../db/throttle/portalSuspensions.js';
import { settleReleases, type Settlement } from '../../db/throttle/settleReleases.js';
import { tellWaiting } from '../../db/throttle/tellWaiting.js';
import type { Admitted } from '../../db/throttle/admitReleases.js';
import { isTransientDatabaseError } from '../../db/pool.js';
import { untilAnswered } from '../../db/untilAnswered.js';
import type { PortalId } from '../../domain/portals/portal.js';
import { endOutputs } from '../../domain/throttle/actionOutputs.js';
import type { ReleaseState } from '../../domain/throttle/executionStates.js';
import { suspendForMs, type SuspensionReason } from '../../domain/throttle/suspension.js';
import type { Gateway, Permit } from '../../hubspot/gateway/gateway.js';
import { crashPoint } from '../../platform/crashPoint.js';
import type { Logger } from '../../platform/logger.js';
import type { ReleaseInstruments } from './instruments.js';
import { toTell } from './classifyOutcome.js';
import { createSendCompletions, type Answered } from './sendCompletions.js';

/** An execution whose end is stored. */
export interface Settled {
  readonly executionId: string;
  readonly packId: string | null;
  readonly state: ReleaseState;
}

/** What became of a batch, as far as its portal is concerned. */
export interface Completed {
  /** In how long some of it is to be sent again; undefined: nothing of it is, or its portal is suspended. */
  readonly againInMs: number | undefined;
  /** HubSpot refused it for a reason that is the portal's: its releases are suspended for so long. */
  readonly suspendedMs: number | undefined;
}

/** A call that is to find out whether HubSpot takes completions of a suspended portal again. */
export interface Probe {
  readonly reason: SuspensionReason;
  /** How many before it in a row found out that it does not. */
  readonly refusals: number;
}

interface Refusal {
  readonly reason: SuspensionReason;
  readonly askedMs: number;
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
const MAX_PAUSE_MS = 2000;
/** Of an error that nobody knows. */
const MAX_TRIES_UNKNOWN = 20;
/** A process that stops gives the database so many tries. */
const MAX_TRIES_WHEN_STOPPING = 5;

/** Completes callbacks at HubSpot and stores the answers. */
export function createCompletion({
  pool,
  gateway,
  logger,
  metrics,
  settled,
  stop,
  deadlineMs = DEADLINE_MS,
}: Dependencies) {
  const send = createSendCompletions<Admitted>(gateway, ({ ending, waitedMs, queue, place }) =>
    endOutputs(ending ?? 'released', { queue, waitMs: waitedMs, place }),
  );

  async function complete(
    portal: PortalId,
    rows: readonly Admitted[],
    permit: Permit,
    probe?: Probe,
  ): Promise<Completed> {
    const deadlineAt = performance.now() + deadlineMs;
    const answers = await send(portal.portalId, rows, deadlineAt, permit, probe !== undefined);
    crashPoint('throttle.release.answered');
    // Before the answers are stored: from then on what was refused may be sent again, as far as it is concerned.
    const refusal = refusalOf(answers, probe);
    const suspendedMs = refusal && (await suspend(portal, refusal, probe));
    await settle(portal, answers);
    await tell(portal, answers);
    const again = answers.flatMap((answer) => ('againInMs' in answer ? [answer.againInMs] : []));
    const againInMs = suspendedMs === undefined && again.length > 0 ? Math.max(...again) : undefined;
    return { againInMs, suspendedMs };
  }

  /** Holds the portal's releases, in all processes. Returns for how long. */
  async function suspend(portal: PortalId, { reason, askedMs }: Refusal, probe?: Probe): Promise<number> {
    const refusals = probe ? probe.refusals + 1 : null;
    const ms = suspendForMs(reason, refusals ?? 1, askedMs);
    const outcome = await stored(portal, () => suspendPortal(pool, portal, { reason, ms, refusals }));
    crashPoint('throttle.release.suspended');
    if (outcome?.began) {
      metrics.suspensions.inc({ reason });
      logger.warn('HubSpot refuses the completions of a portal; its releases are suspended', {
        ...{ portalId: portal.portalId, reason, suspendedMs: Math.round(outcome.suspendedMs) },
      });
    }
    return outcome?.suspendedMs ?? ms;
  }

  /** Stores the answers, as long as it takes: they are known only here. */
  async function settle(portal: PortalId, answers: readonly Answered<Admitted>[]): Promise<void> {
    const { workspaceId, portalId } = portal;
    const settlement = settlementOf(answers);
    const known = new Set(await stored(portal, () => settleReleases(pool, workspaceId, settlement)));
    crashPoint('throttle.release.settled');
    const ended: Settled[] = [];
    for (const { row, ...verdict } of answers) {
      if (!('state' in verdict)) continue;
      const { executionId, packId, laneId, callbackId } = row;
      const { state, reason } = verdict;
      // An execution that another process has taken over meanwhile is not among them: that process stores its answer.
      if (known.has(executionId)) ended.push({ executionId, packId, state });
      if (state === 'gone' || state === 'failed') {
        const about = { portalId, executionId, laneId, callbackId, state, reason };
        logger.warn('An execution ended without its completion', about);
      }
    }
    for (const { state } of ended) metrics.releases.inc({ state });
    settled(ended);
  }

  /** A notice that cannot be written holds up nothing: the next try of what waits writes it. */
  async function tell(portal: PortalId, answers: readonly Answered<Admitted>[]): Promise<void> {
    const waiting = toTell(answers);
    const executionId = waiting[0]?.row.executionId;
    if (executionId === undefined) return;
    await tellWaiting(pool, portal, { executions: waiting.length, executionId }).catch((error: unknown) =>
      logger.warn('That executions wait could not be told', { portalId: portal.portalId, error }),
    );
  }

  function stored<T>({ portalId }: PortalId, statement: () => Promise<T>): Promise<T> {
    return untilAnswered(statement, {
      // What is never stored is sent again when its lease is over, which does no harm.
      goOn: (attempt, error) =>
        (!stop.aborted || attempt <= MAX_TRIES_WHEN_STOPPING) &&
        (attempt <= MAX_TRIES_UNKNOWN || isTransientDatabaseError(error)),
      onFailure: (error, attempt) =>
        logger.warn('Answers of HubSpot cannot be stored yet; trying again', { portalId, attempt, error }),
      maxPauseMs: MAX_PAUSE_MS,
    });
  }

  return { complete, suspend };
}

/** Why the portal is suspended after these answers. A probe has to bring an end, or nothing has changed. */
function refusalOf(answers: readonly Answered<Admitted>[], probe: Probe | undefined): Refusal | undefined {
  for (const answer of answers)
    if ('suspends' in answer) return { reason: answer.suspends, askedMs: answer.askedMs };
  if (!probe || answers.some((answer) => 'state' in answer)) return undefined;
  const again = answers.flatMap((answer) => ('againInMs' in answer ? [answer.againInMs] : []));
  return { reason: probe.reason, askedMs: Math.max(0, ...again) };
}

function settlementOf(answers: readonly Answered<Admitted>[]): Settlement {
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
