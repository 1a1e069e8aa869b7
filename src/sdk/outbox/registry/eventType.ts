import type { z } from 'zod';
import type { CustomEventFallback, Effect } from '../../../domain/outbox/effects.js';
import type { Mapping } from '../../../domain/outbox/mapping/mappingSchema.js';
import { notePlace } from '../../place.js';

/** What a type's effects may depend on, apart from the payload. */
export interface EventContext {
  /** The number of the event, as text: the same at each delivery of it. */
  readonly eventId: string;
  /** HubSpot's number of the portal, as text. */
  readonly portalId: string;
  /** ISO 8601. */
  readonly occurredAt: string;
  /**
   * The unique contact property that holds the application's own id of a driver. Where there is one, contacts are
   * written with one call by it; without, they are looked up by e-mail first.
   */
  readonly contactKeyProperty?: string;
  /** The mapping of a generic event, by its name. */
  readonly mapping?: (name: string) => Mapping | undefined;
}

/** A payload of an earlier form, as it is today. */
export interface Upgraded {
  /** In today's form. */
  readonly payload: unknown;
  /** What its sender calls a field of it. */
  readonly sentAs: (field: string) => string;
}

/** A kind of event: what its payload is, whom it must not overtake, and what it changes in HubSpot. */
export interface EventType<Name extends string = string, Schema extends z.ZodType = z.ZodType> {
  /** Under which it is captured: `driver_signed_up`. */
  readonly name: Name;
  /** Grows when the payload changes its form; events that wait keep the version with which they were captured. */
  readonly version: number;
  /** One sentence for documents and lists. */
  readonly description: string;
  /** What the payload must be. */
  readonly schema: Schema;
  /** Of a payload in an earlier form of the type: what it is in today's. Undefined: it has today's. */
  upgrade?(payload: unknown): Upgraded | undefined;
  /** An example of a payload; it is tested. */
  readonly example: z.input<Schema>;
  /** Events with the same key take effect in their order. Null: this one waits for none. */
  orderingKey(payload: z.output<Schema>, context: EventContext): string | null;
  /** What stands in for its custom events, by their names, where a portal takes none. */
  readonly fallbacks?: Readonly<Record<string, CustomEventFallback>>;
  /** Throws an EffectsError where the payload allows none. Must give the same for the same event, always. */
  effects(payload: z.output<Schema>, context: EventContext): readonly Effect[];
}

/** The payload fits its schema and yet no effects can be made of it. The message names places, never values. */
export class EffectsError extends Error {
  override readonly name = 'EffectsError';
}

/** Declares an event type: the payload's type is inferred, and an error in it names the line where this stands. */
export function defineEvent<const Name extends string, Schema extends z.ZodType>(
  type: EventType<Name, Schema>,
): EventType<Name, Schema> {
  notePlace(type);
  return type;
}
