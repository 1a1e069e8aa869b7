import { describe, expect, it } from '@jest/globals';
import type { Operation, Target } from '../../../src/domain/outbox/operations.js';
import type { Row } from '../../../src/domain/outbox/plan.js';
import { matchRows, type RowResult } from '../../../src/services/outbox/delivery/matchRows.js';
import type { Item } from '../../../src/services/outbox/delivery/rows.js';

const row = (key: string, mode: 'upsert' | 'create' | 'update', target?: Target): Row => {
  const operation: Operation = {
    ...{ op: 'record', mode, objectType: 'deals', properties: {}, counters: {}, links: [] },
    ...(target && { target }),
  };
  return { parts: [{ eventId: key, n: 0, key, hubspotKey: key, operation }], order: key, operation };
};
const by = (property: string, value: string): Target => ({ objectType: 'deals', by: { property, value } });
const upsert = (key: string, value: string): Item => ({
  ...{ row: row(key, 'upsert', by('order_id', value)), id: value, idProperty: 'order_id' },
});
const create = (key: string): Item => ({ row: row(key, 'create') });
const ids = (results: readonly RowResult[]) =>
  results.map((result) => {
    if (result.state === 'failed') return result.failure.class;
    return result.state === 'unshown' ? 'unshown' : (result.id ?? 'no id');
  });
const error = (...about: string[]) => ({ category: 'VALIDATION_ERROR', message: 'bad', ids: about });

describe('the answer of a batch', () => {
  it('is read by trace id, whatever else it says and in whatever order', () => {
    const results = [
      { id: '20', objectWriteTraceId: '2/0', properties: { order_id: 'a' } },
      { id: '10', objectWriteTraceId: '1/0', properties: { order_id: 'b' } },
    ];
    expect(ids(matchRows('upsert', [upsert('1/0', 'a'), upsert('2/0', 'b')], { results }, []))).toEqual([
      '10',
      '20',
    ]);
  });

  it('is read by the record id or the unique property where it repeats no trace id', () => {
    const updated: Item = { row: row('1/0', 'upsert', by('order_id', 'a')), id: '77' };
    const results = [{ id: '20', properties: { order_id: 'B' } }, { id: '77' }];
    expect(ids(matchRows('upsert', [updated, upsert('2/0', 'b')], { results }, []))).toEqual(['77', '20']);
  });

  it('prefers a value as it was sent to one that differs in capitals', () => {
    const results = [
      { id: '1', properties: { order_id: 'AB' } },
      { id: '2', properties: { order_id: 'ab' } },
    ];
    expect(ids(matchRows('upsert', [upsert('1/0', 'ab'), upsert('2/0', 'AB')], { results }, []))).toEqual([
      '2',
      '1',
    ]);
  });

  it('is never read by position: as many results as inputs say that all were written, not which is which', () => {
    const results = [{ id: '1' }, { id: '2' }];
    expect(ids(matchRows('create', [create('1/0'), create('2/0')], { results }, []))).toEqual([
      'unknown',
      'unknown',
    ]);
    expect(ids(matchRows('upsert', [upsert('1/0', 'a'), upsert('2/0', 'b')], { results }, []))).toEqual([
      'no id',
      'no id',
    ]);
  });

  it('of a single create shows the record that was made', () => {
    expect(ids(matchRows('create', [create('1/0')], { results: [{ id: '5', properties: {} }] }, []))).toEqual(
      ['5'],
    );
  });

  it.each([{ results: [] }, {}, undefined, 'ok'])(
    'that shows no record leaves a create unknown, and all else to be looked up: %j',
    (body) => {
      expect(ids(matchRows('create', [create('1/0')], body, []))).toEqual(['unknown']);
      expect(ids(matchRows('upsert', [upsert('1/0', 'a')], body, []))).toEqual(['unshown']);
    },
  );

  it('fails the rows that its errors name, by trace id or by the id that was given', () => {
    const items = [upsert('1/0', 'a'), upsert('2/0', 'b'), upsert('3/0', 'c')];
    const results = [{ id: '30', properties: { order_id: 'c' } }];
    expect(ids(matchRows('upsert', items, { results }, [error('1/0'), error('b')]))).toEqual([
      'permanent',
      'permanent',
      '30',
    ]);
  });

  it('that is shorter than what was asked for leaves the others to be looked up, whatever they are', () => {
    const items = [upsert('1/0', 'a'), upsert('2/0', 'b'), upsert('3/0', 'c')];
    const results = [{ id: '1' }, { id: '1' }, { id: '20', properties: { order_id: 'b' } }];
    expect(ids(matchRows('upsert', items, { results }, []))).toEqual(['unshown', '20', 'unshown']);
    expect(ids(matchRows('upsert', items, { results: [...results, { id: '2' }] }, []))).toEqual([
      'no id',
      '20',
      'no id',
    ]);
  });

  it('of an update that HubSpot passes over has it looked up, unless a record is left over, as after a merge', () => {
    const update = (key: string, id: string): Item => ({
      row: { ...row(key, 'update', { objectType: 'deals', id }) },
      id,
    });
    const items = [update('1/0', '7'), update('2/0', '8')];
    expect(ids(matchRows('update', items, { results: [{ id: '7' }] }, []))).toEqual(['7', 'unshown']);
    expect(ids(matchRows('update', items, { results: [{ id: '7' }, { id: '99' }] }, []))).toEqual(['7', '8']);
  });

  it('to associations shows them from either end, in either form', () => {
    const pair = (from: string, to: string): Item => ({
      row: row(`${from}/0`, 'upsert', by('order_id', from)),
      pair: {
        ...{ row: row(`${from}/0`, 'upsert'), from: { objectType: 'deals', id: from } },
        to: { objectType: 'contacts', id: to },
      },
    });
    const items = [pair('1', '5'), pair('2', '6'), pair('3', '7')];
    const results = [
      { from: { id: '5' }, to: { id: '1' } },
      { fromObjectId: 2, toObjectId: 6, labels: [] },
      { from: { id: '3' }, to: { id: '8' } },
    ];
    expect(ids(matchRows('link', items, { results }, []))).toEqual(['1', '2', 'unshown']);
    expect(ids(matchRows('link', items, { results: [] }, []))).toEqual(Array(3).fill('unshown'));
  });

  it('with an error that names no row has those looked up that it does not show, however many are left over', () => {
    const items = [upsert('1/0', 'a'), upsert('2/0', 'b')];
    const results = [{ id: '20', properties: { order_id: 'b' } }];
    expect(ids(matchRows('upsert', items, { results }, [error()]))).toEqual(['unshown', '20']);
    const stranger = { results: [...results, { id: '9' }] };
    expect(ids(matchRows('upsert', items, stranger, [error()]))).toEqual(['unshown', '20']);
  });
});
