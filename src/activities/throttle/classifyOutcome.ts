import type { Admitted } from '../../db/throttle/admitReleases.js';
import { backoffMs } from '../../domain/hubspot/backoff.js';
import type { ReleaseState } from '../../domain/throttle/executionStates.js';
import type { SuspensionReason } from '../../domain/throttle/suspension.js';
import type { Outcome, RowError } from '../../hubspot/wire/outcomes.js';
import { isFinalCategory } from '../../hubspot/wire/refusals.js';

/** An execution whose completion is sent, as far as an answer's meaning depends on it. */
export type CompletionRow = Pick<Admitted, 'executionId' | 'callbackId' | 'ending' | 'waitedMs' | 'attempts'>;

/**
 * What an answer of HubSpot means for one execution: it has ended, or its completion is sent again. `suspends`: the
 * reason is the portal's, so nothing of it is sent before that is over, in `askedMs` at the earliest.
 */
export type Verdict =
  | { readonly state: ReleaseState; readonly reason: string | null }
  /** `unclear`: the answer is not HubSpot's, or not understood. */
  | { readonly againInMs: number; readonly reason: string; readonly unclear?: true }
  | {
      readonly againInMs: number;
      readonly reason: string;
      readonly suspends: SuspensionReason;
      readonly askedMs: number;
    };

/** From this try on a batch that HubSpot cannot digest (5xx) is halved, in case one of its callbacks is the reason. */
const HALVE_FROM_ATTEMPT = 3;
/** A completion that fails this often (5xx) ends as failed while others of its portal are taken: it is to blame. */
const MAX_ATTEMPTS = 20;
const LEAST_PAUSE_MS = 250;
/** What a portal is to be left alone for longer than this suspends its releases; a shorter wait is not worth it. */
export const SUSPEND_FROM_MS = 2000;

/**
 * `standsStill`: nothing of the portal gets through. Then HubSpot is away, no execution ends for that, and the
 * suspension of the portal says so to people.
 */
export function classifyOutcome(outcome: Outcome, row: CompletionRow, standsStill = false): Verdict {
  const pauseMs = pauseBefore(row);
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
      if (outcome.category !== undefined && !isFinalCategory(outcome.category))
        return {
          ...{ againInMs: pauseMs, unclear: true },
          reason: `HubSpot's refusal is not understood (${outcome.category})`,
        };
      return { state: 'failed', reason: `HubSpot refuses the completion: ${outcome.message}` };
    case 'throttled':
      return outcome.retryAfterMs > SUSPEND_FROM_MS
        ? suspendedFor('throttled', outcome.retryAfterMs)
        : { againInMs: Math.max(outcome.retryAfterMs, LEAST_PAUSE_MS), reason: outcome.kind };
    case 'locked':
    case 'migrating':
      return suspendedFor(outcome.kind, outcome.retryAfterMs);
    case 'unauthorized':
    case 'forbidden':
      return suspendedFor(outcome.kind, 0);
    case 'unknown':
      return { againInMs: pauseMs, reason: 'no answer came; a repeat is harmless' };
    case 'unavailable':
      if (outcome.reason === 'breaker' || outcome.reason === 'token')
        return suspendedFor(outcome.reason, outcome.retryAfterMs ?? 0);
      // HubSpot does not take the call as it is (405): that is about the path, and people see it.
      if (outcome.reason === 'unclear') return suspendedFor('path', 0);
      if (row.attempts >= MAX_ATTEMPTS && outcome.reason === 'server' && (outcome.status ?? 0) >= 500) {
        if (standsStill) return suspendedFor('breaker', 0);
        return {
          state: 'failed',
          reason: `HubSpot answered ${outcome.status ?? 'nothing'} to ${row.attempts} tries`,
        };
      }
      return outcome.reason === 'foreign' || outcome.reason === 'redirect'
        ? { againInMs: pauseMs, reason: 'the answer is not that of HubSpot', unclear: true }
        : { againInMs: pauseMs, reason: outcome.kind };
  }
}

/** It may be sent again at any moment, as far as it is concerned: the suspension of its portal says when. */
function suspendedFor(suspends: SuspensionReason, askedMs: number): Verdict {
  return { againInMs: 0, reason: suspends, suspends, askedMs };
}

/** HubSpot knows none of a batch: the path may be wrong rather than all of them over (callbackPath.ts). */
export const PATH_SUSPECTED: Verdict = {
  ...{ againInMs: 0, askedMs: 0, suspends: 'path' },
  reason: 'HubSpot does not find any of the callbacks: the path may be wrong',
};

/**
 * What a 207 says of each row. `unclear`: those that it does not name, while it has errors that name no row: any of
 * them may be meant.
 */
export function classifyRows<Row extends CompletionRow>(
  { errors, status }: Extract<Outcome, { kind: 'partial' }>,
  rows: readonly Row[],
): { verdicts: Map<Row, Verdict>; unclear: Row[] } {
  const verdicts = new Map<Row, Verdict>();
  const named = new Set<RowError>();
  for (const row of rows) {
    const error = errors.find(({ ids }) => ids.includes(row.callbackId));
    if (!error && rows.length > 1) continue;
    const meant = error ?? errors[0];
    if (!meant) continue;
    named.add(meant);
    verdicts.set(row, verdictOfRow(meant, row, status));
  }
  const others = rows.filter((row) => !verdicts.has(row));
  if (errors.some((error) => !named.has(error))) return { verdicts, unclear: others };
  for (const row of others) verdicts.set(row, classifyOutcome({ kind: 'ok', status, body: undefined }, row));
  return { verdicts, unclear: [] };
}

function verdictOfRow({ category, message }: RowError, row: CompletionRow, status: number): Verdict {
  if (category === undefined || !isFinalCategory(category))
    return {
      ...{ againInMs: pauseBefore(row), unclear: true },
      reason: `HubSpot failed at this row (${category ?? 'no category'})`,
    };
  return category === 'OBJECT_NOT_FOUND'
    ? classifyOutcome({ kind: 'notFound', status, message }, row)
    : { state: 'failed', reason: `HubSpot refuses the completion: ${message}` };
}

/** Whether an answer to a batch may be the fault of some of its callbacks: then its halves are sent apart. */
export function refusesSome(outcome: Outcome, rows: readonly CompletionRow[]): boolean {
  if (rows.length < 2) return false;
  if (outcome.kind === 'invalid') return true;
  return (
    outcome.kind === 'unavailable' &&
    (outcome.status ?? 0) >= 500 &&
    rows.some(({ attempts }) => attempts >= HALVE_FROM_ATTEMPT)
  );
}

/** Tries of some ten minutes, by their pauses: then people are told. */
const TELL_FROM_ATTEMPT = 16;

/** Those that have waited for long for an answer that is understood. */
export function toTell<T extends { readonly row: CompletionRow } & Verdict>(answers: readonly T[]): T[] {
  return answers.filter(
    (answer) => 'unclear' in answer && answer.unclear && answer.row.attempts >= TELL_FROM_ATTEMPT,
  );
}

export function pauseBefore({ attempts }: Pick<Admitted, 'attempts'>): number {
  return backoffMs(attempts, { baseMs: 1000, maxMs: 60_000, random: Math.random });
}
