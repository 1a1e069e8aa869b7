import type { ActionOutputs } from '../../domain/throttle/actionOutputs.js';
import { crashPoint } from '../../platform/crashPoint.js';
import type { Gateway, Outcome, Permit } from '../../hubspot/gateway/gateway.js';
import { createCallbackPath } from './callbackPath.js';
import {
  classifyOutcome,
  classifyRows,
  pauseBefore,
  PATH_SUSPECTED,
  refusesSome,
  type CompletionRow,
  type Verdict,
} from './classifyOutcome.js';
import { createServerErrors } from './serverErrors.js';

/** What became of one execution of a batch, and when HubSpot said so (monotonic). */
export type Answered<Row extends CompletionRow> = {
  readonly row: Row;
  readonly answeredAt: number;
} & Verdict;

/**
 * Sends completions. The batch endpoint answers for all or none: a batch that is refused is halved until the bad
 * callbacks stand alone, and the others finish meanwhile. `deadlineAt` is monotonic and holds for all calls of it.
 * `probing`: the portal is suspended, and this is to find out whether HubSpot takes its completions again.
 */
export type SendCompletions<Row extends CompletionRow> = (
  portalId: number,
  rows: readonly Row[],
  deadlineAt: number,
  permit?: Permit,
  probing?: boolean,
) => Promise<Answered<Row>[]>;

/** What holds for all calls of a batch. */
interface Batch {
  readonly portalId: number;
  readonly deadlineAt: number;
  readonly probing: boolean;
}

/** With less time left the answer might not be waited for; the completion is sent later instead. */
const LEAST_CALL_MS = 250;
/** So many callbacks of a batch that is not found are asked for alone before all of it is suspected. */
const MAX_ASKED_ALONE = 2;

/** `outputsOf` gives what HubSpot is told of a row. */
export function createSendCompletions<Row extends CompletionRow>(
  gateway: Pick<Gateway, 'request'>,
  outputsOf: (row: Row) => ActionOutputs,
): SendCompletions<Row> {
  const path = createCallbackPath();
  const errors = createServerErrors();

  async function send(batch: Batch, rows: readonly Row[], permit?: Permit): Promise<Answered<Row>[]> {
    const { portalId, deadlineAt, probing } = batch;
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
    if (outcome.kind === 'ok') worked(portalId);
    if (outcome.kind === 'partial') return sendUnclear(batch, rows, outcome);
    if (outcome.kind === 'notFound') return notFound(batch, rows, outcome);
    if (refusesSome(outcome, rows)) return sendHalves(batch, rows);
    return answered(rows, (row) =>
      classifyOutcome(outcome, row, errors.standsStill(portalId, row) || probing),
    );
  }

  function worked(portalId: number): void {
    path.worked();
    errors.taken(portalId);
  }

  async function sendHalves(batch: Batch, rows: readonly Row[]) {
    crashPoint('throttle.release.batch-refused');
    const middle = Math.ceil(rows.length / 2);
    const halves = await Promise.all([send(batch, rows.slice(0, middle)), send(batch, rows.slice(middle))]);
    return halves.flat();
  }

  /** A 207 says row by row what was refused. Where it does not name the rows, they are sent again: that is harmless. */
  async function sendUnclear(
    batch: Batch,
    rows: readonly Row[],
    outcome: Extract<Outcome, { kind: 'partial' }>,
  ): Promise<Answered<Row>[]> {
    // It names no row and no reason: halves of it would be told the same.
    if (outcome.errors.every(({ category, ids }) => category === undefined && ids.length === 0))
      return answered(rows, sentAgain);
    const { verdicts, unclear } = classifyRows(outcome, rows);
    const clear = [...verdicts].flatMap(([row, verdict]) => answered([row], () => verdict));
    if (clear.some((answer) => 'state' in answer)) worked(batch.portalId);
    const again = unclear.length === rows.length ? sendHalves(batch, unclear) : send(batch, unclear);
    return [...clear, ...(await again)];
  }

  /**
   * Is it the callbacks, or the path? The latest callbacks, which HubSpot is most likely to know, are asked for alone.
   * If it takes one, the others are halved; if not, all of them are suspected and their portal is suspended.
   */
  async function notFound(batch: Batch, rows: readonly Row[], outcome: Outcome): Promise<Answered<Row>[]> {
    path.suspect(rows);
    if (path.believes(rows))
      return rows.length === 1
        ? answered(rows, (row) => classifyOutcome(outcome, row))
        : sendHalves(batch, rows);
    const others = [...rows].sort((a, b) => b.waitedMs - a.waitedMs);
    const unknown: Row[] = [];
    while (others.length > 1 && unknown.length < MAX_ASKED_ALONE) {
      const latest = others.splice(-1);
      const alone = await send(batch, latest);
      crashPoint('throttle.release.asked-alone');
      if (alone.every((answer) => 'suspends' in answer && answer.suspends === 'path'))
        unknown.push(...latest);
      else return [...alone, ...(await send(batch, [...others, ...unknown]))];
    }
    return answered(rows, () => PATH_SUSPECTED);
  }

  return (portalId, rows, deadlineAt, permit, probing = false) =>
    send({ portalId, deadlineAt, probing }, rows, permit);
}

function answered<Row extends CompletionRow>(
  rows: readonly Row[],
  verdictOf: (row: Row) => Verdict,
): Answered<Row>[] {
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

function sentAgain(row: CompletionRow): Verdict {
  return { againInMs: pauseBefore(row), reason: "the answer is not HubSpot's word; a repeat is harmless" };
}
