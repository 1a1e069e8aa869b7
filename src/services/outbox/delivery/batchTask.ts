import type { Row } from '../../../domain/outbox/plan.js';
import type { OutboxRequest } from './outboxRequest.js';
import type { LookUp, RecordCache } from './recordCache.js';
import {
  changeRequest,
  createRequest,
  eventsRequest,
  linkRequest,
  readLinksRequest,
  readRequest,
  type Pair,
  type RecordRow,
} from './requestBuilders.js';
import { isEventRow, uniqueValueOf, type Item, type LinkItem } from './rows.js';
import { FURTHER_ADDRESSES, MERGED_IDS } from './answeredRecord.js';

/** How a record is written. */
export type Write = 'update' | 'upsert' | 'create';

/** One request to HubSpot, before it is built. */
export type BatchTask =
  /** `optional`: a record that cannot be looked up is treated like one that is not there. */
  | { readonly do: 'read'; readonly lookUp: LookUp; readonly optional?: true }
  /**
   * `confirm`: reads what the answer to a write did not show. `identify`: reads the records that stand in its way.
   * `trace`: reads an end of associations that are not there, which may be a record that was merged.
   */
  | { readonly do: Write | 'send' | 'link' | Doubt; readonly items: readonly Item[] }
  /** Reads the labels that stand before others are added (labels.ts). */
  | { readonly do: 'labels'; readonly items: readonly Item[] };

/** Reads that find out what became of a write. */
export type Doubt = 'confirm' | 'identify' | 'trace';

/** The rows that a request is about. */
export function rowsOf(task: BatchTask): Row[] {
  return task.do === 'read'
    ? task.lookUp.wanted.flatMap(({ rows }) => rows)
    : task.items.map(({ row }) => row);
}

/** The request of a task; `cache` knows the records that events are about. */
export function requestOf(task: BatchTask, cache: Pick<RecordCache, 'idOf'>): OutboxRequest {
  switch (task.do) {
    case 'read': {
      const { objectType, property, properties, wanted } = task.lookUp;
      const values = wanted.map(({ target }) => target.by.value);
      return readRequest(objectType, property, values, properties);
    }
    case 'create':
      return createRequest(inputsOf(task.items));
    case 'update':
    case 'upsert':
      return changeRequest(`${task.do}Objects`, inputsOf(task.items));
    case 'send': {
      const rows = task.items.map(({ row }) => row).filter(isEventRow);
      return eventsRequest(rows, (target) => cache.idOf(target));
    }
    case 'link':
      return linkRequest(linksOf(task.items).map(({ pair }) => pair));
    case 'labels':
      return readLinksRequest(linksOf(task.items));
    case 'confirm': {
      const links = linksOf(task.items);
      return links.length > 0
        ? readLinksRequest(links.map(({ pair }) => ({ pair })))
        : readAgain(task.items, isAsWritten);
    }
    case 'identify':
      return readAgain(task.items, asksWhoseItIs);
    case 'trace': {
      const ends = task.items.flatMap((item) => tracedEnd(item) ?? []);
      return readRequest(ends[0]?.objectType ?? '', undefined, unique(ends.map(({ id }) => id)), [
        MERGED_IDS,
      ]);
    }
  }
}

/** The end of an item's pair that is looked up. */
export function tracedEnd({ pair, traces }: Item): Pair['from'] | undefined {
  return traces && pair?.[traces];
}

const unique = (ids: readonly string[]) => [...new Set(ids)];

/** Those of them that are pairs. */
export function linksOf(items: readonly Item[]): LinkItem[] {
  return items.flatMap((item) => (item.pair ? [{ ...item, pair: item.pair }] : []));
}

/** All by one property, or all by their ids. */
function readAgain(items: readonly Item[], namesOf: (item: Item) => readonly string[]): OutboxRequest {
  const idProperty = items[0]?.idProperty;
  const ids = new Set(items.map(({ id = '' }) => id));
  const own = idProperty === undefined ? [MERGED_IDS] : [idProperty];
  const names = new Set([...own, ...items.flatMap(namesOf)]);
  return readRequest(objectTypeOf(items), idProperty, [...ids], [...names]);
}

function isAsWritten({ properties = {}, idProperty }: Item): string[] {
  return [...Object.keys(properties), ...(idProperty === 'email' ? [FURTHER_ADDRESSES] : [])];
}

/** What tells whose record it is, and what counters need. */
function asksWhoseItIs(item: Item): string[] {
  const by = uniqueValueOf(item)?.property;
  return [
    'email',
    FURTHER_ADDRESSES,
    ...(by === undefined ? [] : [by]),
    ...Object.keys(item.properties ?? {}),
  ];
}

function objectTypeOf([item]: readonly Item[]): string {
  return item?.row.operation.op === 'record' ? item.row.operation.objectType : '';
}

function inputsOf(items: readonly Item[]) {
  return items.map(({ row, id = '', idProperty, properties = {} }) => ({
    row: row as RecordRow,
    id,
    properties,
    ...(idProperty === undefined ? {} : { idProperty }),
  }));
}
