import { addToDecimal, plainDecimal } from '../../../domain/decimal.js';
import type { AnsweredRecord } from './answeredRecord.js';
import { textOf } from './answeredRecord.js';
import type { RecordRow } from './requestBuilders.js';

/*
 * Counters that only grow are read, added to and written back, together with a marker: the effect keys that this
 * write counts. If the answer of the write is lost, the next try reads the marker and knows. That is exact as long as
 * nothing else of the record's ordering key is written in between, which is what the key's hold is for.
 */

export type Counted =
  | { readonly ok: true; readonly properties: Record<string, string> }
  | { readonly ok: false; readonly problem: string };

/** Whether a row counts anything. */
export function counts({ operation }: RecordRow): boolean {
  return Object.keys(operation.counters).length > 0;
}

/** The values to write for the counters of this row, given the record as it is (undefined: it will be made). */
export function countedProperties(
  row: RecordRow,
  record: AnsweredRecord | undefined,
  marker: string,
): Counted {
  const done = new Set((record && textOf(record, marker))?.split(' '));
  const properties: Record<string, string> = {};
  for (const name of Object.keys(row.operation.counters)) {
    const text = (record && textOf(record, name)?.trim()) || '0';
    if (plainDecimal(text) === undefined)
      return {
        ok: false,
        problem: `The property ${name} does not hold a number, so nothing can be added to it`,
      };
    let delta = 0;
    for (const { hubspotKey, operation } of row.parts) {
      if (operation.op === 'record' && !done.has(hubspotKey)) delta += operation.counters[name] ?? 0;
    }
    properties[name] = addToDecimal(text, delta) ?? text;
  }
  // After a lost answer the same events may come back in other company: those that were counted with them stay marked
  // until new ones come alone.
  const keys = row.parts.map(({ hubspotKey }) => hubspotKey);
  const repeat = keys.some((key) => done.has(key));
  properties[marker] = [...new Set([...(repeat ? done : []), ...keys])].join(' ');
  return { ok: true, properties };
}
