import type { Admitted } from '../../db/throttle/admitReleases.js';
import { endOutputs } from '../../domain/throttle/actionOutputs.js';
import { crashPoint } from '../../platform/crashPoint.js';
import type { Gateway, Outcome, Permit } from '../../hubspot/gateway/gateway.js';
import { createCallbackPath } from './callbackPath.js';
import {
  classifyOutcome,
  classifyRows,
  pauseBefore,
  PATH_SUSPECTED,
  refusesSome,
  type Verdict,
} from './classifyOutcome.js';

/** What became of one execution of a batch, and when HubSpot said so (monotonic). */
export type Answered = { readonly row: Admitted; readonly answeredAt: number } & Verdict;

/**
 * Sends completions. The batch endpoint answers for all or none: a batch that is refused is halved until the bad
 * callbacks stand alone, and the others finish meanwhile. `deadlineAt` is monotonic and holds for all calls of it.
 */
export type SendCompletions = (
  portalId: number,
  rows: readonly Admitted[],
  deadlineAt: number,
  permit?: Permit,
) => Promise<Answered[]>;

/** With less time left the answer might not be waited for; the completion is sent later instead. */
const LEAST_CALL_MS = 250;
/** So many callbacks of a batch that is not found are asked for alone before all of it is suspected. */
const MAX_ASKED_ALONE = 2;

export function createSendCompletions(gateway: Pick<Gateway, 'request'>): SendCompletions {
  const path = createCallbackPath();

  async function send(
    portalId: number,
    rows: readonly Admitted[],
    deadlineAt: number,
    permit?: Permit,
  ): Promise<Answered[]> {
    if (rows.length === 0) return [];
    const leftMs = deadlineAt - performance.now();
    if (leftMs < LEAST_CALL_MS)
      return answered(rows, (row) => ({ againInMs: pauseBefore(row), reason: 'no time was left' }));
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
      fresh: true, // a portal that lacks the scope is suspended, so nothing asks again and again
      ...(permit ? { permit } : {}),
    });
    crashPoint('throttle.release.call-answered');
    if (outcome.kind === 'ok' && !isTaken(outcome)) return answered(rows, sentAgain);
    if (outcome.kind === 'ok') path.worked();
    if (outcome.kind === 'partial') return sendUnclear(portalId, rows, outcome, deadlineAt);
    if (outcome.kind === 'notFound') return notFound(portalId, rows, outcome, deadlineAt);
    if (refusesSome(outcome, rows)) return sendHalves(portalId, rows, deadlineAt);
    return answered(rows, (row) => classifyOutcome(outcome, row));
  }

  async function sendHalves(portalId: number, rows: readonly Admitted[], deadlineAt: number) {
    crashPoint('throttle.release.batch-refused');
    const middle = Math.ceil(rows.length / 2);
    const halves = await Promise.all([
      send(portalId, rows.slice(0, middle), deadlineAt),
      send(portalId, rows.slice(middle), deadlineAt),
    ]);
    return halves.flat();
  }

  /** A 207 says row by row what was refused. Where it does not name the rows, they are sent again: that is harmless. */
  async function sendUnclear(
    portalId: number,
    rows: readonly Admitted[],
    outcome: Extract<Outcome, { kind: 'partial' }>,
    deadlineAt: number,
  ): Promise<Answered[]> {
    // It names no row and no reason: halves of it would be told the same.
    if (outcome.errors.every(({ category, ids }) => category === undefined && ids.length === 0))
      return answered(rows, sentAgain);
    const { verdicts, unclear } = classifyRows(outcome, rows);
    const clear = [...verdicts].flatMap(([row, verdict]) => answered([row], () => verdict));
    if (clear.some((answer) => 'state' in answer)) path.worked();
    const again =
      unclear.length === rows.length
        ? sendHalves(portalId, unclear, deadlineAt)
        : send(portalId, unclear, deadlineAt);
    return [...clear, ...(await again)];
  }

  /**
   * Is it the callbacks, or the path? The latest callbacks, which HubSpot is most likely to know, are asked for alone.
   * If it takes one, the others are halved; if not, all of them are suspected and their portal is suspended.
   */
  async function notFound(
    portalId: number,
    rows: readonly Admitted[],
    outcome: Outcome,
    deadlineAt: number,
  ): Promise<Answered[]> {
    path.suspect(rows);
    if (path.believes(rows))
      return rows.length === 1
        ? answered(rows, (row) => classifyOutcome(outcome, row))
        : sendHalves(portalId, rows, deadlineAt);
    const others = [...rows].sort((a, b) => b.waitedMs - a.waitedMs);
    const unknown: Admitted[] = [];
    while (others.length > 1 && unknown.length < MAX_ASKED_ALONE) {
      const latest = others.splice(-1);
      const alone = await send(portalId, latest, deadlineAt);
      crashPoint('throttle.release.asked-alone');
      if (alone.every((answer) => 'suspends' in answer && answer.suspends === 'path'))
        unknown.push(...latest);
      else return [...alone, ...(await send(portalId, [...others, ...unknown], deadlineAt))];
    }
    return answered(rows, () => PATH_SUSPECTED);
  }

  return send;
}

function answered(rows: readonly Admitted[], verdictOf: (row: Admitted) => Verdict): Answered[] {
  const answeredAt = performance.now();
  return rows.map((row) => ({ row, answeredAt, ...verdictOf(row) }));
}

/**
 * HubSpot takes completions with a 204. Another success counts where it is HubSpot's: with its correlation id, or as
 * the answer to a batch that is complete. What somebody before it says completes nothing; a repeat is harmless.
 */
function isTaken({ status, correlationId, body }: Extract<Outcome, { kind: 'ok' }>): boolean {
  if (status === 204 || correlationId !== undefined) return true;
  return typeof body === 'object' && body !== null && 'status' in body && body.status === 'COMPLETE';
}

function sentAgain(row: Admitted): Verdict {
  return { againInMs: pauseBefore(row), reason: "the answer is not HubSpot's word; a repeat is harmless" };
}

function outputsOf({ ending, waitedMs, queue }: Admitted) {
  return endOutputs(ending ?? 'released', { queue, waitMs: waitedMs });
}
