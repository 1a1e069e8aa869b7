import { groupedBy } from '../groupedBy.js';
import { effectKey } from './effects.js';
import type { Effect } from './effects.js';
import { keyAtHubSpot } from '../installation/keyAtHubSpot.js';
import { operationOf, targetKey } from './operations.js';
import type { Operation } from './operations.js';
import type { PortalCapabilities } from './portalCapabilities.js';

/*
 * From events to rounds of batches. Rounds run one after the other, the batches of one round in any order or at once.
 *  - Effects of one ordering key never share a round, and are in the events' order: what comes later stands in a
 *    later round.
 *  - No round writes one record twice, so no batch does (HubSpot refuses a batch that holds an id twice).
 *  - Effects of equal form go together, at most `batchSize` per call.
 *  - Writes of one record that follow each other directly within one ordering key become one input,
 *    where that ends the same (see `merged`).
 */

export interface PlannableEvent {
  readonly id: string;
  /** Whose event it is (keyAtHubSpot.ts). */
  readonly installation?: string | undefined;
  /** Null: the event waits for no other, and no other for it. */
  readonly orderingKey: string | null;
  /** All of its effects: later ones may refer to earlier ones. */
  readonly effects: readonly Effect[];
  /** Those that are still to do; all when undefined. */
  readonly pending?: readonly number[];
}

/** One effect of one event. */
export interface Part {
  readonly eventId: string;
  readonly n: number;
  readonly key: string;
  /** The same as HubSpot knows it: it names the installation, too. */
  readonly hubspotKey: string;
  readonly operation: Operation;
}

/** One input of a call: an effect, or several that were merged. */
export interface Row {
  readonly parts: readonly [Part, ...Part[]];
  /** What must not overtake this row, and what this row must not overtake. */
  readonly order: string;
  readonly operation: Operation;
}

export interface Batch {
  /** Rows of one form: `upsert contacts by email`. */
  readonly form: string;
  readonly rows: readonly Row[];
}

export interface Round {
  readonly batches: readonly Batch[];
}

export interface PlanOptions {
  /** Inputs per call; HubSpot takes 100. */
  readonly batchSize: number;
  /** Whether writes of one record may become one. Off for who needs each value in the property's history. */
  readonly merge?: boolean;
}

const MAX_BATCH = 100;

/** Plans these events, which come in the order in which they happened. */
export function planRounds(
  events: readonly PlannableEvent[],
  capabilities: PortalCapabilities,
  { batchSize, merge = true }: PlanOptions,
): Round[] {
  const rounds: Row[][] = [];
  const lastOfOrder = new Map<string, { round: number; at: number }>();
  const lastOfRecord = new Map<string, number>();

  for (const event of events) {
    const order = event.orderingKey === null ? `event ${event.id}` : `key ${event.orderingKey}`;
    for (const n of event.pending ?? event.effects.keys()) {
      const operation = operationOf(event, n, event.effects, capabilities);
      const key = effectKey(event.id, n);
      const hubspotKey = keyAtHubSpot(key, event.installation);
      const part: Part = { eventId: event.id, n, key, hubspotKey, operation };
      const record = recordOf(operation);
      const before = lastOfOrder.get(order);
      const previous = before && rounds[before.round]?.[before.at];

      // Someone else may have been given the record in between: then the order of the writes is theirs, ours, ours.
      const direct = record === undefined || lastOfRecord.get(record) === before?.round;
      const joint = merge && direct && before && previous && merged(previous.operation, operation);
      if (joint) {
        rounds[before.round]?.splice(before.at, 1, {
          ...previous,
          parts: [...previous.parts, part],
          operation: joint,
        });
        continue;
      }
      const written = record === undefined ? -1 : (lastOfRecord.get(record) ?? -1);
      const round = Math.max(before?.round ?? -1, written) + 1;
      const rows = (rounds[round] ??= []);
      rows.push({ parts: [part], order, operation });
      lastOfOrder.set(order, { round, at: rows.length - 1 });
      if (record !== undefined) lastOfRecord.set(record, round);
    }
  }
  return rounds.map((rows) => ({ batches: batchesOf(rows, Math.min(MAX_BATCH, batchSize)) }));
}

function batchesOf(rows: readonly Row[], size: number): Batch[] {
  const byForm = groupedBy(rows, ({ operation }) => formOf(operation));
  return [...byForm].flatMap(([form, all]) => chunks(all, size).map((chunk) => ({ form, rows: chunk })));
}

/** Cuts a list into pieces of at most `size`. */
export function chunks<T>(all: readonly T[], size: number): T[][] {
  const pieces: T[][] = [];
  for (let from = 0; from < all.length; from += size) pieces.push(all.slice(from, from + size));
  return pieces;
}

/** Operations of one form can share a call. */
function formOf(operation: Operation): string {
  switch (operation.op) {
    case 'record': {
      const { mode, objectType, target } = operation;
      return `${mode} ${objectType} by ${target && 'by' in target ? target.by.property : 'id'}`;
    }
    case 'link':
      return `link ${operation.from.objectType} ${operation.to.objectType} ${operation.types ? 'labelled' : 'plain'}`;
    default:
      return operation.op;
  }
}

/** The record that an operation writes, as far as it is known before any call. */
function recordOf(operation: Operation): string | undefined {
  return operation.op === 'record' && operation.target ? targetKey(operation.target) : undefined;
}

/**
 * The two operations as one, or undefined where the record would not end the same. The last value of a property wins
 * and counters add up, as they would one after the other. Not merged: anything with associations; an update before an
 * upsert (the update fails where there is no record); a counter that the other one sets; and two values of
 * `lifecyclestage`, which HubSpot lets move forward only, so that the first of two can be the one that stays.
 */
export function merged(first: Operation, second: Operation): Operation | undefined {
  if (first.op !== 'record' || second.op !== 'record' || !first.target || !second.target) return undefined;
  if (first.mode !== 'upsert' && first.mode !== second.mode) return undefined;
  if (targetKey(first.target) !== targetKey(second.target)) return undefined;
  if (first.links.length > 0 || second.links.length > 0) return undefined;
  const sets = (operation: typeof first, name: string) => Object.hasOwn(operation.properties, name);
  if (Object.keys(first.counters).some((name) => sets(second, name))) return undefined;
  if (Object.keys(second.counters).some((name) => sets(first, name))) return undefined;
  if (FORWARD_ONLY.some((name) => sets(first, name) && sets(second, name))) return undefined;

  const counters = { ...first.counters };
  for (const [name, delta] of Object.entries(second.counters)) counters[name] = (counters[name] ?? 0) + delta;
  return { ...first, properties: { ...first.properties, ...second.properties }, counters };
}

const FORWARD_ONLY = ['lifecyclestage', 'hs_lifecyclestage'];
