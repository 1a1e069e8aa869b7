import type { Unsettled } from '../../db/outbox/claims.js';
import {
  readLedger,
  resolveCreates,
  takenObjects,
  type ClaimFence,
  type LedgerState,
} from '../../db/outbox/ledger.js';
import type { Queryable } from '../../db/pool.js';
import { effectKey } from '../../domain/outbox/effects.js';
import { operationOf } from '../../domain/outbox/operations.js';
import { type PortalCapabilities } from '../../domain/outbox/portalCapabilities.js';
import type { PlannableEvent } from '../../domain/outbox/plan.js';
import type { Outcome } from '../../hubspot/wire/outcomes.js';
import { recordsOf } from '../../services/outbox/delivery/answeredRecord.js';
import { failureOf, isFinal, type Failure } from '../../services/outbox/delivery/failure.js';
import type { OutboxRequest } from '../../services/outbox/delivery/outboxRequest.js';
import { classifySearch, searchLostCreate } from '../../services/outbox/lostCreate.js';
import { crashPoint } from '../../platform/crashPoint.js';

interface Place {
  readonly db: Queryable;
  readonly claim: ClaimFence;
  readonly portalId: number;
  readonly capabilities: PortalCapabilities;
  readonly ask: (request: OutboxRequest) => Promise<Outcome>;
}

type Verdict =
  | { state: 'found'; objectId: string }
  | { state: 'absent' }
  | { state: 'wait'; forMs: number; words: string }
  /** It cannot be looked up now. */
  | { state: 'failed'; failure: Failure }
  /** HubSpot will not let it be looked up. */
  | { state: 'refused'; failure: Failure };

export interface LostCreates {
  /** The records, by effect key; the ledger knows them afterwards. */
  readonly found: ReadonlyMap<string, string>;
  /** Events that cannot go on before it is known, or never. */
  readonly waiting: readonly Unsettled[];
  /** Events of which it could not be asked now: by event id, why. */
  readonly failed: ReadonlyMap<string, Failure>;
}

/** Looks for the creates of these events that an earlier try sent or may have sent. */
export async function findLostCreates(place: Place, events: readonly PlannableEvent[]): Promise<LostCreates> {
  const { db, claim } = place;
  const found = new Map<string, string>();
  const waiting: Unsettled[] = [];
  const failed = new Map<string, Failure>();
  // Of all events, not only of those with attempts: one whose try ended with its process has none.
  const entries = await readLedger(
    db,
    events.map(({ id }) => id),
  );
  for (const entry of entries) {
    const { eventId, n } = entry;
    const event = events.find(({ id }) => id === eventId);
    if (!event || failed.has(eventId) || waiting.some(({ id }) => id === eventId)) continue;
    if (entry.state === 'done') {
      if (entry.objectId !== null) found.set(effectKey(eventId, n), entry.objectId);
      continue;
    }
    const verdict = await lookFor(place, event, entry);
    crashPoint('outbox.lost.looked-up');
    if (verdict.state === 'wait') {
      // Waiting to be able to look is no attempt.
      const { forMs: inMs, words: error } = verdict;
      waiting.push({ id: eventId, to: 'paused', inMs, class: 'unknown', error });
    } else if (verdict.state === 'failed') failed.set(eventId, verdict.failure);
    else if (verdict.state === 'refused') waiting.push(refused(eventId, verdict.failure));
    else if (verdict.state === 'absent') await resolveCreates(db, claim, [{ eventId, n, outcome: 'absent' }]);
    else {
      const { objectId } = verdict;
      await resolveCreates(db, claim, [{ eventId, n, outcome: 'done', objectId }]);
      found.set(effectKey(eventId, n), objectId);
    }
    crashPoint('outbox.lost.booked');
  }
  return { found, waiting, failed };
}

async function lookFor(
  { db, portalId, capabilities, ask }: Place,
  event: PlannableEvent,
  { n, sentMsAgo, nowMs }: LedgerState,
): Promise<Verdict> {
  const operation = operationOf(event, n, event.effects, capabilities);
  if (operation.op !== 'record') return { state: 'absent' };
  const outcome = await ask(searchLostCreate(operation));
  if (outcome.kind !== 'ok') return unseen(outcome);
  const ids = recordsOf(outcome.body).map(({ id }) => id);
  const verdict = classifySearch(operation, outcome.body, {
    sentMsAgo,
    nowMs,
    taken: await takenObjects(db, portalId, ids),
  });
  if (verdict.state === 'wait')
    return { ...verdict, words: "It may have been sent; HubSpot's search would not show it yet" };
  if (verdict.state === 'unclear') {
    const message = "It may have been sent; HubSpot's search for it does not show all that it counts";
    return { state: 'failed', failure: { class: 'transient', message } };
  }
  return verdict;
}

/** A look-up that may work later is a try like any other. */
function unseen(outcome: Exclude<Outcome, { kind: 'ok' }>): Verdict {
  if (outcome.kind === 'partial') {
    const message = 'It may have been sent; the search for it was answered in part';
    return { state: 'failed', failure: { class: 'transient', message } };
  }
  const failure = failureOf(outcome, { harmless: true });
  if (isFinal(failure)) return { state: 'refused', failure };
  const message = `It may have been sent, and cannot be looked up now. ${failure.message}`;
  return { state: 'failed', failure: { ...failure, message } };
}

/** Whether the record is there is for people to find out. */
function refused(id: string, { message, correlationId }: Failure): Unsettled {
  return {
    ...{ id, to: 'dead', class: 'unknown' },
    error: `It may have been sent, and HubSpot refuses to say whether it is there. ${message}. Look for the record in HubSpot: if it is there, discard this one, else mend what is refused and redrive`,
    ...(correlationId !== undefined && { correlationId }),
  };
}
