import { describeDataError, isDataError } from '../../db/dataError.js';
import { enqueueEvents, type NewEvent } from '../../db/outbox/enqueue.js';
import type { Queryable } from '../../db/pool.js';
import { bodyHash } from '../../services/outbox/bodyHash.js';

/** Puts events into the outbox, in the transaction of its caller. Returns them as they were enqueued. */
export type EnqueueInbox = (client: Queryable, events: readonly NewEvent[]) => Promise<readonly NewEvent[]>;

/** All at once; what the database says of one of them is thrown. */
export const enqueueTogether: EnqueueInbox = async (client, events) => {
  const answers = await enqueueEvents(client, events);
  const conflicts = events.flatMap((event, n) => {
    const answer = answers[n];
    return answer?.status === 'conflict' ? [{ ...event, ...conflictWith(answer.eventId) }] : [];
  });
  await enqueueEvents(client, conflicts);
  return events;
};

/** Halves what the database refuses until the one that is to blame stands alone, and makes a dead letter of that. */
export const enqueueApart: EnqueueInbox = async (client, events) => {
  const refused = await tryTogether(client, events);
  if (refused === undefined) return events;
  const [event] = events;
  if (event && events.length === 1) return [await setAside(client, event, refused)];
  const middle = Math.ceil(events.length / 2);
  return [
    ...(await enqueueApart(client, events.slice(0, middle))),
    ...(await enqueueApart(client, events.slice(middle))),
  ];
};

/** An event of which `error` came: kept as a dead letter, with nothing of what may be the cause. */
export function poisonous(event: NewEvent, error: unknown): NewEvent {
  const invalid = `It could not be put into the outbox (${describeDataError(error)}): correct it at its source and capture it anew, then discard this one`;
  return { ...event, invalid, errorClass: 'poison' };
}

const UNIQUE_VIOLATION = '23505';

async function setAside(client: Queryable, event: NewEvent, error: unknown): Promise<NewEvent> {
  const poison = poisonous(event, error);
  const payload = '{}';
  const bare = {
    ...poison,
    ...{ payload, bodyHash: bodyHash(event.type, payload), eventKey: null, orderingKey: null },
    ...{ portalId: null, version: null, occurredAt: null, capturedAt: null },
  };
  const forms = [
    // Somebody named an id that another event has, or came to have.
    ...(describeDataError(error) === UNIQUE_VIOLATION ? [{ ...event, id: null }] : []),
    poison,
    { ...poison, id: null },
    bare,
    { ...bare, id: null },
  ];
  let refused = error;
  for (const form of forms) {
    const problem = await tryTogether(client, [form]);
    if (problem === undefined) return form;
    refused = problem;
  }
  throw refused;
}

/** What the database refuses them for; undefined when it took them. The transaction goes on in either case. */
async function tryTogether(client: Queryable, events: readonly NewEvent[]): Promise<unknown> {
  await client.query('SAVEPOINT enqueue');
  try {
    await enqueueTogether(client, events);
  } catch (error) {
    if (!isDataError(error)) throw error;
    await client.query('ROLLBACK TO SAVEPOINT enqueue');
    return error;
  }
  await client.query('RELEASE SAVEPOINT enqueue');
  return undefined;
}

/** An event whose key belongs to another one is kept, under no key, with the reason. */
function conflictWith(eventId: string): Pick<NewEvent, 'eventKey' | 'invalid'> {
  const invalid = `its key belongs to event ${eventId}, which has another type or payload: redrive it if it is meant, discard it if not`;
  return { eventKey: null, invalid };
}
