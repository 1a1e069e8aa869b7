/**
 * What an application imports to capture events in its own transactions. It reads no environment and opens no
 * connection.
 *
 * ```ts
 * const outbox = createOutbox({ enabled: config.hubspotEnabled, logger });
 * await outbox.trackEvent(tx, 'driver_signed_up', { driverId, email });
 * ```
 *
 * @module sluice/outbox
 */
import type { z } from 'zod';
import { insertIntoInbox } from './capture.js';
import type { InboxRow, Transaction } from './capture.js';
import { encodePayload, storable } from './json.js';
import type { EventType } from './registry/eventType.js';
import { createRegistry } from './registry/registry.js';
import type { AnyEventType } from './registry/registry.js';
import { SHIPPED } from './registry/shipped.js';

export { defineEvent } from './registry/eventType.js';
export { EffectsError } from './registry/eventType.js';
export type { EventContext, EventType, Upgraded } from './registry/eventType.js';
export type {
  AppEventFallback,
  AssociationType,
  CrmObject,
  CustomEventFallback,
  Effect,
  Properties,
  RecordRef,
  UniqueValue,
} from '../../domain/outbox/effects.js';
export type { Mapping } from '../../domain/outbox/mapping/mappingSchema.js';
export type { ExactNumber } from '../../domain/exactJson.js';
export type { AnyEventType } from './registry/registry.js';
export { SHIPPED } from './registry/shipped.js';
export type { DrizzleLike, PgLike, Transaction } from './capture.js';

/** What the library says, to a logger of the form of winston or console. Never with data of a payload. */
export interface OutboxLogger {
  /** Once, that the outbox is switched off. */
  info(message: string, fields?: object): unknown;
  /** That an event is not valid, with its type and the reason. */
  warn(message: string, fields?: object): unknown;
  /** That an event is lost, since the database refused it, with its type and the reason. */
  error(message: string, fields?: object): unknown;
}

/** What an outbox is made with. */
export interface OutboxSettings<Types extends readonly AnyEventType[]> {
  /** When false, nothing is captured. Default true: HUBSPOT_ENABLED is the service's, and not read here. */
  readonly enabled?: boolean;
  /** Without one nothing is said. */
  readonly logger?: OutboxLogger;
  /** The portal of events that name none; without it the worker's HUBSPOT_PORTAL_ID. */
  readonly defaultPortalId?: number;
  /** Default `outbox_inbox`; with a schema where that is not on the search path. */
  readonly table?: string;
  /** The event types; default those that come with Sluice. The worker must know the same ones. */
  readonly types?: Types;
  /**
   * Protects the transaction of the caller from an INSERT that the database refuses (default). When false, such a
   * refusal is thrown, because the transaction is dead then; for transactions that capture more than some fifty
   * events.
   */
  readonly savepoint?: boolean;
}

/** What an event may be told beside its payload. */
export interface TrackOptions {
  /**
   * Makes a repeat harmless: the second event with the same key is dropped; with another payload it becomes a dead
   * letter. ≤ 200 characters.
   */
  readonly key?: string;
  /** Events with the same one keep their order. Default: what the event type says. ≤ 200 characters. */
  readonly orderingKey?: string;
  /** HubSpot's number of the portal; default `defaultPortalId` of the outbox. */
  readonly portalId?: number;
  /** When it happened, from 1970 to 9999; default now. */
  readonly occurredAt?: Date;
  /** The version of the event type; default its newest. */
  readonly version?: number;
  /**
   * Throws an InvalidEventError or an OutboxError where otherwise the event would be captured as invalid or lost with
   * a log line.
   */
  readonly strict?: boolean;
}

/** What became of an event: `status` says which. `id` is its number in the inbox, as text. */
export type Tracked =
  /** It is delivered once the transaction is committed. */
  | { readonly status: 'captured'; readonly id: string }
  /** It was kept with its reason, and becomes a dead letter that can be corrected and redriven. */
  | { readonly status: 'invalid'; readonly id: string; readonly reason: string }
  /** The outbox is switched off. */
  | { readonly status: 'disabled' }
  /**
   * The database refused it. It is not kept; the transaction goes on, unless `transaction` says that it was aborted
   * already.
   */
  | { readonly status: 'failed'; readonly reason: string; readonly transaction: 'usable' | 'aborted' };

/** The names of these event types. */
export type NameOf<Types extends readonly AnyEventType[]> = Types[number]['name'];
/** What the event type of this name takes as payload. */
export type PayloadOf<Types extends readonly AnyEventType[], Name extends string> =
  Extract<Types[number], { name: Name }> extends EventType<Name, infer Schema> ? z.input<Schema> : never;

/** The outbox of an application, for event types of these types. */
export interface Outbox<Types extends readonly AnyEventType[]> {
  /**
   * Writes an event in the transaction of the caller: both are committed, or neither is. Does not throw unless
   * `strict`; without a savepoint an OutboxError, where the refusal has aborted the transaction.
   *
   * @param tx The transaction: a client of `pg` within BEGIN and COMMIT, or a transaction of drizzle.
   * @param type The name of its event type.
   * @param payload What the schema of that type takes, ≤ 64 KiB as JSON: a larger one is kept as invalid.
   */
  trackEvent<Name extends NameOf<Types>>(
    tx: Transaction,
    type: Name,
    payload: PayloadOf<Types, Name>,
    options?: TrackOptions,
  ): Promise<Tracked>;
}

/** The event is not valid, and `strict` was set. Nothing was written. */
export class InvalidEventError extends Error {
  override readonly name = 'InvalidEventError';
}

/**
 * The event could not be written, and `strict` was set or the transaction is dead by it. `cause` is the database's
 * error.
 */
export class OutboxError extends Error {
  override readonly name = 'OutboxError';
}

const MAX_KEY = 200;
const MAX_NOTE = 1000;

/** Makes the outbox of an application: once, at its start. It reads no environment and opens no connection. */
export function createOutbox<const Types extends readonly AnyEventType[] = typeof SHIPPED>(
  settings: OutboxSettings<Types> = {},
): Outbox<Types> {
  const { enabled = true, logger, defaultPortalId, table = 'outbox_inbox', savepoint = true } = settings;
  const registry = createRegistry(settings.types ?? SHIPPED);
  let saidDisabled = false;

  function row(type: string, payload: unknown, options: TrackOptions): InboxRow {
    const notes: string[] = [];
    const { json, plain, problem } = encodePayload(payload);
    if (problem !== undefined) notes.push(problem);
    const known = registry.find(type, options.version);
    if (problem === undefined || !known) {
      const checked = registry.check(type, options.version, plain ? payload : JSON.parse(json));
      if (!checked.ok) notes.push(checked.reason);
    }
    const key = bounded('key', options.key, notes);
    const orderingKey = bounded('orderingKey', options.orderingKey, notes);
    const portalId = options.portalId ?? defaultPortalId;
    const portalIsSound = portalId === undefined || (Number.isSafeInteger(portalId) && portalId > 0);
    if (!portalIsSound) notes.push('portalId is not the number of a portal');
    // Whoever calls without TypeScript may pass anything.
    const { occurredAt } = options;
    const time = occurredAt instanceof Date ? occurredAt.getTime() : undefined;
    const timeIsSound =
      time === undefined ? occurredAt === undefined : time >= EARLIEST_MS && time <= LATEST_MS;
    if (!timeIsSound) notes.push('occurredAt is not a time from 1970 to 9999');
    return {
      type: storable(type).slice(0, MAX_KEY),
      payload: json,
      eventKey: key,
      orderingKey,
      portalId: portalIsSound ? (portalId ?? null) : null,
      occurredAt: time !== undefined && timeIsSound ? new Date(time).toISOString() : null,
      version: known?.version ?? null,
      note: notes.length > 0 ? storable(notes.join('; ')).slice(0, MAX_NOTE) : null,
    };
  }

  async function trackEvent(
    tx: Transaction,
    type: string,
    payload: unknown,
    options: TrackOptions = {},
  ): Promise<Tracked> {
    if (!enabled) {
      if (!saidDisabled)
        logger?.info('The outbox is switched off (HUBSPOT_ENABLED): events are not captured');
      saidDisabled = true;
      return { status: 'disabled' };
    }
    // Whoever calls without TypeScript may pass anything, also what cannot be made text.
    const event = row(typeof type === 'string' ? type : `(${typeof type})`, payload, options);
    if (event.note !== null) {
      if (options.strict) throw new InvalidEventError(event.note);
      logger?.warn('An event is not valid and is kept with its reason', {
        type: event.type,
        reason: event.note,
      });
    }
    const result = await insertIntoInbox(tx, event, { table, savepoint });
    if (result.ok) {
      return event.note === null
        ? { status: 'captured', id: result.id }
        : { status: 'invalid', id: result.id, reason: event.note };
    }
    const reason = reasonOf(result.error, table);
    // Without a savepoint the failed INSERT has killed the transaction. To be silent would let the caller believe in
    // a commit that is none.
    if (options.strict || (!savepoint && result.transaction === 'aborted')) {
      throw new OutboxError(`The event could not be written: ${reason}`, { cause: result.error });
    }
    logger?.error('An event could not be written and is lost', { type: event.type, reason });
    return { status: 'failed', reason, transaction: result.transaction };
  }

  return { trackEvent };
}

const EARLIEST_MS = 0;
const LATEST_MS = Date.UTC(9999, 11, 31);

/** A key in the form that fits its column. One that is too long is no key: two that differ at the end would be one. */
function bounded(name: string, value: string | undefined, notes: string[]): string | null {
  if (value === undefined) return null;
  if (typeof value === 'string' && value !== '' && value.length <= MAX_KEY && storable(value) === value)
    return value;
  notes.push(`${name} must be text of 1 to ${MAX_KEY} characters`);
  return null;
}

/** What the database said: its code and what to do. Its own words can hold values. */
function reasonOf(error: unknown, table: string): string {
  let code: unknown;
  for (let at = error; at instanceof Error && code === undefined; at = at.cause) {
    if ('code' in at) code = at.code;
  }
  switch (code) {
    case '42P01':
      return `there is no table ${table}: run "sluice outbox install" on this database, or set the table with its schema`;
    case '42501':
      return `this login may not insert into ${table}: grant it INSERT`;
    case '25006':
      return 'the transaction is read-only';
    case '25P02':
      return 'the transaction had been aborted before';
    default:
      return typeof code === 'string'
        ? `the database refused it (${code})`
        : 'the database could not be asked';
  }
}
