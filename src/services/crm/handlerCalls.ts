import type { StoredChange } from '../../db/crm/changes.js';
import { LEASE_MS, renewDelivery, type DeliveryClaim } from '../../db/crm/deliveries.js';
import type { Pool } from '../../db/pool.js';
import { crashPoint } from '../../platform/crashPoint.js';
import type { Logger } from '../../platform/logger.js';
import { placeOfError } from '../../platform/placeInCode.js';
import type { ChangeHandler, RecordChange } from '../../sdk/client/changeHandler.js';
import { changeAnswer } from './changeAnswer.js';
import type { FeedPlaces } from './feedPlaces.js';
import type { SendChanges, SendResult } from './sendChanges.js';

interface Dependencies {
  readonly pool: Pool;
  readonly handlers: ReadonlyMap<string, ChangeHandler>;
  readonly logger: Pick<Logger, 'warn'>;
}

const USUAL_TIMEOUT_MS = 30_000;
/** As often as the lease bears one renewal that fails. */
const RENEW_EVERY_MS = LEASE_MS / 3;
const TAKEN: SendResult = { kind: 'taken' };
/** As a receiver would answer that has thrown. */
const THREW = 500;

/** Calls that have not returned although their time was over: nothing more is handed over beside them. */
const left = new Map<string, Date>();

/** Calls a function of this process, while the consumer is this worker's: its lease is renewed while it runs. */
export function handlerCalls(
  { pool, handlers, logger }: Dependencies,
  claim: DeliveryClaim,
  places: FeedPlaces,
  stopping: AbortSignal,
): SendChanges {
  const { workspaceId, consumerId, name } = claim;
  const handler = handlers.get(name);
  return async (changes, about) => {
    if (!handler)
      return failed('No handler of this name is defined where the worker runs: define it, or delete it');
    const since = left.get(consumerId);
    if (since !== undefined) return failed(`A call of ${since.toISOString()} has not returned`);
    if ((await renewDelivery(pool, claim)) === undefined) return { kind: 'lost' };
    crashPoint('crm.delivery.renewed');
    const items = changes.map((change) => asTold(change, places));
    const ending = new AbortController();
    const call = Promise.resolve().then(() => handler.handle(items, { ...about, signal: ending.signal }));
    const { interrupted, clear } = watch(handler.timeoutMs ?? USUAL_TIMEOUT_MS);
    try {
      return await Promise.race([call.then(() => TAKEN, threw), interrupted]);
    } finally {
      clear();
    }

    function threw(error: unknown): SendResult {
      if (stopping.aborted) return { kind: 'stopped' };
      logger.warn('A handler of changes has thrown', { workspaceId, consumer: name, error });
      return { kind: 'refused', status: THREW, why: `It threw ${nameOf(error)}` };
    }

    /** Its time is over, the worker stops, or somebody else has the consumer: then the call counts no more. */
    function watch(timeoutMs: number): { interrupted: Promise<SendResult>; clear: () => void } {
      let interrupt: (result: SendResult) => void = () => undefined;
      const interrupted = new Promise<SendResult>((resolve) => {
        interrupt = (result) => {
          left.set(consumerId, new Date());
          const forget = () => void left.delete(consumerId);
          call.then(forget, forget);
          resolve(result);
          ending.abort();
        };
      });
      const renewals = setInterval(() => {
        // What cannot be asked now is asked again: the lease bears that once.
        renewDelivery(pool, claim).then(
          (held) => held === undefined && interrupt({ kind: 'lost' }),
          (error: unknown) =>
            logger.warn('The lease of a handler could not be renewed', {
              workspaceId,
              consumer: name,
              error,
            }),
        );
      }, RENEW_EVERY_MS);
      const timer = setTimeout(
        () => interrupt(failed(`It did not return within ${timeoutMs / 1000} s`)),
        timeoutMs,
      );
      // It may end what it does: what it takes by then counts.
      const stop = () => ending.abort();
      stopping.addEventListener('abort', stop, { once: true });
      if (stopping.aborted) stop();
      const clear = () => {
        clearInterval(renewals);
        clearTimeout(timer);
        stopping.removeEventListener('abort', stop);
      };
      return { interrupted, clear };
    }
  };
}

/** As the API tells it: what is a time is text there. */
function asTold(change: StoredChange, places: FeedPlaces): RecordChange {
  const { companies, happenedAt, ...told } = changeAnswer(change, places.positionOf(change));
  return { ...told, companies: companies && [...companies], happenedAt: happenedAt.toISOString() };
}

const failed = (why: string): SendResult => ({ kind: 'failed', why });

/** Whose message may hold anything: it stands in the log of the worker. */
function nameOf(error: unknown): string {
  const place = placeOfError(error);
  const name = error instanceof Error ? error.name : typeof error;
  return place ? `${name} (${place.file}:${place.line})` : name;
}
