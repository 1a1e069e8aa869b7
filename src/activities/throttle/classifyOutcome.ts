import type { Admitted } from '../../db/throttle/admitReleases.js';
import { backoffMs } from '../../domain/hubspot/backoff.js';
import type { ReleaseState } from '../../domain/throttle/executionStates.js';
import type { Outcome } from '../../hubspot/wire/outcomes.js';

/** What an answer of HubSpot means for one execution: it has ended, or its completion is sent again. */
export type Verdict =
  | { readonly state: ReleaseState; readonly reason: string | null }
  | { readonly againInMs: number; readonly reason: string };

/** From this try on a batch that HubSpot cannot digest (5xx) is halved, in case one of its callbacks is the reason. */
const HALVE_FROM_ATTEMPT = 3;
/** A completion that fails this often (5xx) ends as failed: by then HubSpot is not away, it cannot take this one. */
const MAX_ATTEMPTS = 20;
const LEAST_PAUSE_MS = 250;
const LEAST_PAUSE_WITHOUT_ACCESS_MS = 5000;

export function classifyOutcome(outcome: Outcome, row: Admitted): Verdict {
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
      return { state: 'failed', reason: `HubSpot refuses the completion: ${outcome.message}` };
    case 'throttled':
    case 'locked':
    case 'migrating':
      return { againInMs: Math.max(outcome.retryAfterMs, LEAST_PAUSE_MS), reason: outcome.kind };
    case 'unauthorized':
    case 'forbidden':
      return { againInMs: Math.max(pauseMs, LEAST_PAUSE_WITHOUT_ACCESS_MS), reason: outcome.kind };
    case 'unknown':
      return { againInMs: pauseMs, reason: 'no answer came; a repeat is harmless' };
    case 'unavailable':
      if (row.attempts >= MAX_ATTEMPTS && (outcome.status ?? 0) >= 500) {
        return {
          state: 'failed',
          reason: `HubSpot answered ${outcome.status ?? 'nothing'} to ${row.attempts} tries`,
        };
      }
      return { againInMs: pauseMs, reason: outcome.kind };
  }
}

/** Whether an answer to a batch may be the fault of some of its callbacks: then its halves are sent apart. */
export function refusesSome(outcome: Outcome, rows: readonly Admitted[]): boolean {
  if (rows.length < 2) return false;
  if (outcome.kind === 'invalid' || outcome.kind === 'notFound') return true;
  return (
    outcome.kind === 'unavailable' &&
    (outcome.status ?? 0) >= 500 &&
    (rows[0]?.attempts ?? 0) >= HALVE_FROM_ATTEMPT
  );
}

export function pauseBefore({ attempts }: Pick<Admitted, 'attempts'>): number {
  return backoffMs(attempts, { baseMs: 1000, maxMs: 60_000, random: Math.random });
}
