import type { Unsettled } from '../../db/outbox/claims.js';
import { readLedger, resolveCreates, takenObjects, type LedgerState } from '../../db/outbox/ledger.js';
import type { Queryable } from '../../db/pool.js';
import { effectKey } from '../../domain/outbox/effects.js';
import { operationOf } from '../../domain/outbox/operations.js';
import { type PortalCapabilities } from '../../domain/outbox/portalCapabilities.js';
import type { PlannableEvent } from '../../domain/outbox/plan.js';
import type { Outcome } from '../../hubspot/wire/outcomes.js';
import { recordsOf } from '../../services/outbox/delivery/answeredRecord.js';
import { classifySearch, searchLostCreate } from './lostCreate.js';
import type { OutboxRequest } from '../../services/outbox/delivery/outboxRequest.js';

interface Place {
  readonly db: Queryable;
  readonly portalId: number;
  readonly capabilities: PortalCapabilities;
  readonly ask: (request: OutboxRequest) => Promise<Outcome>;
}

type Verdict =
  | { state: 'found'; objectId: string }
  | { state: 'absent' }
  | { state: 'wait'; forMs: number; words: string };

/**
 * Creates of these events that an earlier try sent or may have sent. `found`: the records, by effect key; the ledger
 * knows them afterwards. `waiting`: events that cannot go on before it is known.
 */
export async function findLostCreates(
  place: Place,
  events: readonly PlannableEvent[],
): Promise<{ found: ReadonlyMap<string, string>; waiting: Unsettled[] }> {
  const { db } = place;
  const found = new Map<string, string>();
  const waiting: Unsettled[] = [];
  // Of all events, not only of those with attempts: one whose try ended with its process has none.
  const entries = await readLedger(
    db,
    events.map(({ id }) => id),
  );
  for (const entry of entries) {
    const { eventId, n } = entry;
    const event = events.find(({ id }) => id === eventId);
    if (!event || waiting.some(({ id }) => id === eventId)) continue;
    if (entry.state === 'done') {
      if (entry.objectId !== null) found.set(effectKey(eventId, n), entry.objectId);
      continue;
    }
    const verdict = await lookFor(place, event, entry);
    if (verdict.state === 'wait') {
      // Waiting to be able to look is no attempt.
      const { forMs: inMs, words: error } = verdict;
      waiting.push({ id: eventId, to: 'paused', inMs, class: 'unknown', error });
    } else if (verdict.state === 'absent') await resolveCreates(db, [{ eventId, n, outcome: 'absent' }]);
    else {
      const { objectId } = verdict;
      await resolveCreates(db, [{ eventId, n, outcome: 'done', objectId }]);
      found.set(effectKey(eventId, n), objectId);
    }
  }
  return { found, waiting };
}

async function lookFor(
  { db, portalId, capabilities, ask }: Place,
  event: PlannableEvent,
  { n, sentMsAgo, nowMs }: LedgerState,
): Promise<Verdict> {
  const operation = operationOf(event.id, n, event.effects, capabilities);
  if (operation.op !== 'record') return { state: 'absent' };
  const outcome = await ask(searchLostCreate(operation));
  if (outcome.kind !== 'ok')
    return {
      state: 'wait',
      forMs: 10_000,
      words: 'It may have been sent; whether it is there cannot be looked up now',
    };
  const ids = recordsOf(outcome.body).map(({ id }) => id);
  const verdict = classifySearch(operation, outcome.body, {
    sentMsAgo,
    nowMs,
    taken: await takenObjects(db, portalId, ids),
  });
  if (verdict.state === 'wait')
    return { ...verdict, words: "It may have been sent; HubSpot's search would not show it yet" };
  return verdict;
}
