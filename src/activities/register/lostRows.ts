import type { StepInHand } from '../../db/register/steps.js';
import type { Row } from '../../domain/outbox/plan.js';
import type { Outcome } from '../../hubspot/wire/outcomes.js';
import { recordsOf } from '../../services/outbox/delivery/answeredRecord.js';
import { failureOf, type Failure } from '../../services/outbox/delivery/failure.js';
import type { OutboxRequest } from '../../services/outbox/delivery/outboxRequest.js';
import { classifySearch, searchLostCreate } from '../../services/outbox/lostCreate.js';

export type LostRow =
  | { readonly state: 'found'; readonly id: string }
  | { readonly state: 'absent' }
  /** It is not made before that is known. */
  | { readonly state: 'unsure'; readonly failure: Failure };

/** Looks for records that an earlier try may have made, and that HubSpot cannot tell from a repeat. */
export async function lostRows({
  ask,
  rows,
  inHand,
}: {
  readonly ask: (request: OutboxRequest) => Promise<Outcome>;
  readonly rows: readonly (Row | undefined)[];
  readonly inHand: Pick<StepInHand, 'recordIds' | 'sentMsAgo' | 'nowMs'>;
}): Promise<Map<number, LostRow>> {
  const lost = new Map<number, LostRow>();
  const taken = new Set(inHand.recordIds.filter((id) => id !== null));
  for (const [n, sentMsAgo] of inHand.sentMsAgo.entries()) {
    const operation = rows[n]?.operation;
    if (sentMsAgo === null || operation?.op !== 'record') continue;
    const outcome = await ask(searchLostCreate(operation));
    if (outcome.kind !== 'ok') {
      const failure = outcome.kind === 'partial' ? UNCLEAR : failureOf(outcome, { harmless: true });
      lost.set(n, { state: 'unsure', failure });
      continue;
    }
    const known = new Set(recordsOf(outcome.body).flatMap(({ id }) => (taken.has(id) ? [id] : [])));
    const verdict = classifySearch(operation, outcome.body, { sentMsAgo, nowMs: inHand.nowMs, taken: known });
    if (verdict.state === 'found') {
      taken.add(verdict.objectId);
      lost.set(n, { state: 'found', id: verdict.objectId });
    } else if (verdict.state === 'absent') lost.set(n, { state: 'absent' });
    else
      lost.set(n, {
        state: 'unsure',
        failure: verdict.state === 'wait' ? { ...UNCLEAR, retryAfterMs: verdict.forMs } : UNCLEAR,
      });
  }
  return lost;
}

const UNCLEAR: Failure = {
  class: 'transient',
  message: "It may have been made; HubSpot's search would not show it yet",
};
