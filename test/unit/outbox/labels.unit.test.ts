import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Effect } from '../../../src/domain/outbox/effects.js';
import { event, resources, run, states } from './deliveries.js';
import { FakeHubSpot } from './support.js';

const label = (typeId: number) => ({ category: 'USER_DEFINED' as const, typeId });
const link = (typeId: number | undefined, dealId = '9'): Effect => ({
  kind: 'associate',
  from: { objectType: 'contacts', by: { property: 'hs_object_id', value: '1' } },
  to: { objectType: 'deals', by: { property: 'hs_object_id', value: dealId } },
  ...(typeId !== undefined && { type: label(typeId) }),
});
const PAIR = 'contacts/1>deals/9';

let hubspot: FakeHubSpot;
const stands = () => (hubspot.labels.get(PAIR) ?? []).map(({ typeId }) => typeId).sort((a, b) => a - b);
const has = (...typeIds: number[]) => {
  hubspot.links.add(PAIR);
  hubspot.labels.set(PAIR, typeIds.map(label));
};
beforeEach(() => {
  hubspot = new FakeHubSpot();
});

describe('a label of an association', () => {
  it('is added to those that the two records have, and none is taken away', () => {
    has(10, 11);
    expect(states(run([event('a', null, link(12))], hubspot))).toEqual({ a: 'done' });
    expect(stands()).toEqual([10, 11, 12]);
  });

  it('leaves those of a category that we do not know as they are', () => {
    hubspot.links.add(PAIR);
    const theirs = { category: 'OF_THE_FUTURE', typeId: 10 };
    hubspot.labels.set(PAIR, [theirs]);
    expect(states(run([event('a', null, link(12))], hubspot))).toEqual({ a: 'done' });
    expect(hubspot.labels.get(PAIR)).toEqual([theirs, label(12)]);
  });

  it('is added where there is none, in two requests however many pairs', () => {
    const events = Array.from({ length: 50 }, (_, n) => event(`e${n}`, null, link(12, String(100 + n))));
    expect(new Set(Object.values(states(run(events, hubspot))))).toEqual(new Set(['done']));
    expect(resources(hubspot)).toEqual(['readAssociations', 'createAssociations']);
    expect(hubspot.labels.size).toBe(50);
  });

  it('that is there already is not written again', () => {
    has(12);
    expect(states(run([event('a', null, link(12))], hubspot))).toEqual({ a: 'done' });
    expect(resources(hubspot)).toEqual(['readAssociations']);
  });

  it('stands beside another one that is written to the same two at the same time', () => {
    has(10);
    const events = [11, 12, undefined].map((typeId, n) => event(`e${n}`, null, link(typeId)));
    expect(states(run(events, hubspot))).toEqual({ e0: 'done', e1: 'done', e2: 'done' });
    expect(stands()).toEqual([10, 11, 12]);
    const [write] = hubspot.requests.filter(({ resource }) => resource === 'createAssociations');
    expect((write?.body as { inputs: unknown[] }).inputs).toHaveLength(1);
  });

  it('is added where the other one is shown on a later page only', () => {
    for (const n of [100, 101, 102, 103]) hubspot.links.add(`contacts/1>deals/${n}`);
    has(10);
    hubspot.linksPerPage = 2;
    expect(states(run([event('a', null, link(12))], hubspot))).toEqual({ a: 'done' });
    expect(stands()).toEqual([10, 12]);
    expect(resources(hubspot)).toEqual([
      ...['readAssociations', 'readAssociations', 'readAssociations'],
      'createAssociations',
    ]);
  });

  it.each([
    ['of which HubSpot says nothing twice', { results: [] }, 'done'],
    [
      'that cannot be read',
      { results: [{ from: { id: '1' }, to: [{ toObjectId: '9', associationTypes: [{ typeId: 'x' }] }] }] },
      'failed',
    ],
    ['in an answer that is no list', { results: 'none' }, 'failed'],
    ['of a record that cannot be read', { results: [{ from: null, to: [] }] }, 'failed'],
    ['of records that are no list', { results: [{ from: { id: '1' }, to: 'none' }] }, 'failed'],
    [
      'of which one cannot be read',
      { results: [{ from: { id: '1' }, to: [{ toObjectId: null, associationTypes: [] }] }] },
      'failed',
    ],
    [
      'that are no list',
      { results: [{ from: { id: '1' }, to: [{ toObjectId: '9', associationTypes: 'none' }] }] },
      'failed',
    ],
    [
      'that are none at all',
      { results: [{ from: { id: '1' }, to: [{ toObjectId: '9', associationTypes: [] }] }] },
      'failed',
    ],
    [
      'on a next page that cannot be read',
      { results: [{ from: { id: '1' }, to: [], paging: 'next' }] },
      'failed',
    ],
    [
      'on a page that leads to itself',
      { results: [{ from: { id: '1' }, to: [], paging: { next: { after: '5' } } }] },
      'failed',
    ],
  ])('is not written over those %s', (_, body, state) => {
    has(10);
    const answer = () => ({ kind: 'ok' as const, status: 200, body });
    hubspot.script = [answer, answer];
    expect(states(run([event('a', null, link(12))], hubspot))).toEqual({ a: state });
    expect(stands()).toEqual(state === 'done' ? [12] : [10]);
    expect(resources(hubspot).includes('createAssociations')).toBe(state === 'done');
  });

  it.each([
    ['lead back to one before', (page: number) => String(page % 7), 20],
    ['come to no end', String, 4100],
  ])('fails where the pages of the others %s', (_, after, most) => {
    has(10);
    let page = 0;
    hubspot.script = Array.from({ length: most }, () => () => {
      page += 1;
      const paging = { next: { after: after(page) } };
      return { kind: 'ok', status: 200, body: { results: [{ from: { id: '1' }, to: [], paging }] } };
    });
    expect(states(run([event('a', null, link(12))], hubspot))).toEqual({ a: 'failed' });
    expect(page).toBeLessThan(most);
    expect(stands()).toEqual([10]);
  });

  it.each([['other records are asked for by halves where their answer is too large', 'too_large' as const]])(
    '%s',
    (_, reason) => {
      const events = [1, 2].map((from) =>
        event(`e${from}`, null, {
          kind: 'associate' as const,
          from: { objectType: 'contacts', by: { property: 'hs_object_id', value: String(from) } },
          to: { objectType: 'deals', by: { property: 'hs_object_id', value: '9' } },
          type: label(12),
        }),
      );
      hubspot.script = [() => ({ kind: 'unknown', reason, message: 'too large' })];
      expect(states(run(events, hubspot))).toEqual({ e1: 'done', e2: 'done' });
      expect(hubspot.labels.size).toBe(2);
    },
  );

  it.each(['limited', 'refused'])('waits, or fails, where reading the others is %s', (how) => {
    has(10);
    hubspot.script = [
      () =>
        how === 'limited'
          ? { kind: 'throttled', policy: 'TEN_SECONDLY_ROLLING', retryAfterMs: 1000, message: '' }
          : { kind: 'forbidden', status: 403, category: 'MISSING_SCOPES', message: '', missingScopes: ['x'] },
    ];
    expect(states(run([event('a', null, link(12))], hubspot))).toEqual({ a: 'failed' });
    expect(resources(hubspot)).toEqual(['readAssociations']);
    expect(stands()).toEqual([10]);
  });
});
