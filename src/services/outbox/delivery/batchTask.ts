import type { Row } from '../../../domain/outbox/plan.js';
import type { OutboxRequest } from './outboxRequest.js';
import type { LookUp, RecordCache } from './recordCache.js';
import {
  changeRequest,
  createRequest,
  eventsRequest,
  linkRequest,
  readRequest,
  type RecordRow,
} from './requestBuilders.js';
import { isEventRow, type Item } from './rows.js';

/** How a record is written. */
export type Write = 'update' | 'upsert' | 'create';

/** One request to HubSpot, before it is built. */
export type BatchTask =
  /** `optional`: a record that cannot be looked up is treated like one that is not there. */
  | { readonly do: 'read'; readonly lookUp: LookUp; readonly optional?: true }
  | { readonly do: Write | 'send' | 'link'; readonly items: readonly Item[] };

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
      return linkRequest(task.items.flatMap(({ pair }) => (pair ? [pair] : [])));
  }
}

function inputsOf(items: readonly Item[]) {
  return items.map(({ row, id = '', idProperty, properties = {} }) => ({
    row: row as RecordRow,
    id,
    properties,
    ...(idProperty === undefined ? {} : { idProperty }),
  }));
}
