import {
  intendCreates,
  resolveCreates,
  type ClaimFence,
  type CreateOutcome,
} from '../../db/outbox/ledger.js';
import type { OutboxPortal } from '../../db/outbox/portals.js';
import type { Queryable } from '../../db/pool.js';
import { parseEffectKey } from '../../domain/outbox/effects.js';
import type { Ask, BatchRun } from '../../services/outbox/delivery/batchRun.js';
import type { EffectResult } from '../../services/outbox/delivery/batchState.js';
import { effectIdKey } from '../../services/outbox/delivery/recordCache.js';
import type { AskHubSpot } from './askHubSpot.js';
import type { HeldClaim } from './holdClaim.js';
import type { PreparedRun } from './prepareClaim.js';
import { crashPoint } from '../../platform/crashPoint.js';

interface Place {
  readonly db: Queryable;
  readonly portal: OutboxPortal;
  readonly ask: AskHubSpot;
  readonly claim: ClaimFence;
  readonly held: Pick<HeldClaim, 'isLost' | 'lose'>;
}

/** Sends a run round by round, the batches of a round side by side, until it is through or the claim is lost. */
export async function sendRun(place: Place, { run, live, known }: PreparedRun): Promise<void> {
  const { db, portal, ask, claim, held } = place;
  const maySend = () => !held.isLost();

  async function sendBatch(batch: BatchRun): Promise<void> {
    for (let next = batch.next(); next; next = batch.next()) {
      if (held.isLost()) return;
      const creates = live ? next.unrepeatable : [];
      if (creates.length > 0 && !(await intend(next))) return held.lose();
      batch.answer(await ask(next.request, { live, maySend }));
      crashPoint('outbox.send.answered');
      const outcomes = creates.flatMap((key) =>
        createOutcome(key, known.get(effectIdKey(key)), batch.results.get(key)),
      );
      if (creates.length === 0) continue;
      await resolveCreates(db, claim, outcomes);
      crashPoint('outbox.send.booked');
    }
  }

  /** False: somebody else has the events in hand, or has made one of them. What is booked of them is theirs. */
  async function intend({ unrepeatable, request }: Ask): Promise<boolean> {
    const objectType = 'objectType' in request.params ? String(request.params.objectType) : '';
    const creates = unrepeatable.map((key) => ({ ...parseEffectKey(key), kind: 'create', objectType }));
    const maySend = await intendCreates(db, claim, portal, creates);
    crashPoint('outbox.send.noted');
    return maySend;
  }

  for (let round = run.nextRound(); round && !held.isLost(); round = run.nextRound())
    await Promise.all(round.map(sendBatch));
}

/**
 * What a create came to, right after its answer: made, even if what follows it is still to do; perhaps made; or not
 * made.
 */
function createOutcome(
  key: string,
  objectId: string | undefined,
  result: EffectResult | undefined,
): CreateOutcome[] {
  const effect = parseEffectKey(key);
  if (objectId !== undefined) return [{ ...effect, outcome: 'done', objectId }];
  if (result?.state !== 'failed') return []; // it is tried again within the batch
  const { class: errorClass, mayBeDone = false } = result.failure;
  return [{ ...effect, outcome: errorClass === 'unknown' || mayBeDone ? 'ambiguous' : 'absent' }];
}
