import type { DEAD_AT_ONCE } from '../../domain/outbox/retry.js';
import type { Queryable } from '../pool.js';

/** One event, validated: ready for the outbox, or kept with the reason why it cannot be understood. */
export interface NewEvent {
  readonly workspaceId: string;
  /** Null only together with `invalid`. */
  readonly portalId: number | null;
  /** The id that its inbox gave it; null: it gets one. */
  readonly id: string | null;
  readonly type: string;
  readonly version: number | null;
  readonly orderingKey: string | null;
  readonly eventKey: string | null;
  /** Of type and payload; tells a repeat from a key that is used for something else. */
  readonly bodyHash: Buffer;
  /** JSON text. */
  readonly payload: string;
  readonly occurredAt: Date | null;
  readonly capturedAt: Date | null;
  readonly invalid: string | null;
  /** Why it is a dead letter, of `invalid`: default `invalid`, that it cannot be understood. */
  readonly errorClass?: DeadAtOnce;
}

export type DeadAtOnce = (typeof DEAD_AT_ONCE)[number];

export type EnqueueStatus = 'captured' | 'invalid' | 'duplicate' | 'conflict';

export interface Enqueued {
  readonly eventId: string;
  /**
   * `duplicate`: its key is known, with the same body; `conflict`: with another. Both change nothing, and `eventId`
   * is the first one's.
   */
  readonly status: EnqueueStatus;
}

/**
 * Puts events into the outbox (migrations/functions/outbox/outbox_enqueue_events.sql). The answers stand in the order
 * of the events.
 */
export async function enqueueEvents(db: Queryable, events: readonly NewEvent[]): Promise<Enqueued[]> {
  if (events.length === 0) return [];
  const { rows } = await db.query<Enqueued & { ord: number }>({
    name: 'outbox_enqueue_events',
    text: `SELECT ord, event_id AS "eventId", status
             FROM outbox_enqueue_events($1, $2::uuid[], $3::bigint[], $4::bigint[], $5::text[], $6::smallint[], $7::text[], $8::text[], $9::bytea[],
                                 $10::jsonb[], $11::timestamptz[], $12::timestamptz[], $13::text[],
                                        $14::text[])`,
    values: [
      [...new Set(events.map((event) => event.workspaceId))].join(','),
      events.map((event) => event.workspaceId),
      events.map((event) => event.portalId),
      events.map((event) => event.id),
      events.map((event) => event.type),
      events.map((event) => event.version),
      events.map((event) => event.orderingKey),
      events.map((event) => event.eventKey),
      events.map((event) => event.bodyHash),
      events.map((event) => event.payload),
      events.map((event) => event.occurredAt),
      events.map((event) => event.capturedAt),
      events.map((event) => event.invalid),
      events.map((event) => event.errorClass ?? 'invalid'),
    ],
  });
  const answers = new Array<Enqueued | undefined>(events.length);
  for (const { ord, ...row } of rows) answers[ord - 1] = row;
  return events.map(({ id }, n) => {
    const answer = answers[n];
    if (answer) return answer;
    // Its id and its key are both known: it is the first one itself.
    if (id === null) throw new Error(`The outbox answered ${rows.length} of ${events.length} events`);
    return { eventId: id, status: 'duplicate' };
  });
}
