import { claimAgain, claimCreate, releaseCreate } from '../../db/writes/intents.js';
import { forWorkspace } from '../../db/tenant.js';
import { findAnswered } from '../../db/workspaces/answeredRequests.js';
import type { Properties } from '../../domain/outbox/effects.js';
import { createCache } from '../../platform/cache.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { AppError } from '../../platform/errors.js';
import { findLostRecord } from '../../services/writes/lostRecord.js';
import type { WriteResult, WritesOf } from '../../services/writes/recordWrite.js';
import { AnsweredBefore } from '../http/answerOnce.js';
import type { RequestOnce } from '../http/operation.js';
import { errorOf } from './writeFailure.js';
import type { WritesDependencies } from './writeThrough.js';

/** While it may still be under way in the process that took it in hand. */
const UNDER_WAY_MS = 40_000;
const SOON_MS = 2000;
/** What this process has made is not what another create is looking for. */
const made = createCache<string, true>({ max: 100_000, ttlMs: 30 * 60_000 });

type Done = Extract<WriteResult, { state: 'done' }>;

/**
 * Makes a record that HubSpot cannot tell from a repeat. It is noted under the request's key before it is sent; where
 * no answer comes the note stays, and whoever asks again with that key has it looked for: it is made only where it is
 * not there.
 */
export async function createOnce(
  deps: WritesDependencies,
  once: RequestOnce,
  of: WritesOf,
  properties: Properties,
): Promise<Done> {
  const { pool, logger, writes, clock } = deps;
  const db = forWorkspace(pool, of.workspaceId);
  const intent = await claimCreate(db, once);
  crashPoint('writes.create.noted');
  if (intent.state === 'foreign')
    throw new AppError(
      'idempotency_conflict',
      'This Idempotency-Key came with another request before: nothing was done. Send a new key with a new request',
    );
  if (intent.state === 'answered') {
    const before = await findAnswered(db, once);
    if (before) throw new AnsweredBefore(once, before);
    throw underWay();
  }
  if (intent.state === 'open') {
    if (intent.sentMsAgo < UNDER_WAY_MS) throw underWay();
    const isTaken = (id: string) => made.get(keyOf(of, id)) === true;
    const found = await findLostRecord(deps, of, { properties, ...intent, isTaken });
    if (found.state === 'unknown') throw errorOf(found.failure);
    if (found.state === 'found') {
      logger.warn('A record whose answer was lost was found', {
        ...{ portalId: of.portalId, objectType: of.objectType },
      });
      return { state: 'done', outcome: 'created', record: found.record, answeredMs: clock.nowMs() };
    }
    if (!(await claimAgain(db, once, intent.sentAt))) throw underWay();
  }
  const [result] = (await writes.submit(of, [{ do: 'create', properties }])) ?? [];
  if (result?.state === 'done') {
    made.set(keyOf(of, result.record.id), true);
    return result;
  }
  if (result && (result.failure.class === 'unknown' || result.failure.mayBeDone === true)) {
    logger.warn('A record may have been made: its answer was lost', {
      ...{ portalId: of.portalId, objectType: of.objectType },
    });
    throw new AppError(
      'unavailable',
      'HubSpot did not answer, and may have made the record. Send the same request with the Idempotency-Key of this answer: it is looked for, and made only where it is not there',
      { retryAfterMs: UNDER_WAY_MS },
    );
  }
  await releaseCreate(db, once);
  throw result
    ? errorOf(result.failure)
    : new AppError('too_many_requests', `Too many writes wait for portal ${of.portalId}: nothing was done`, {
        retryAfterMs: 1000,
      });
}

const keyOf = ({ portalId, objectType }: WritesOf, id: string) => `${portalId} ${objectType} ${id}`;

const underWay = () =>
  new AppError('unavailable', 'A request with this Idempotency-Key is still under way; ask again', {
    retryAfterMs: SOON_MS,
  });
