import { describe, expect, it } from '@jest/globals';
import { operationOf } from '../../../src/domain/outbox/operations.js';
import { classifySearch, SEARCH_LAG_MS, searchLostCreate } from '../../../src/services/outbox/lostCreate.js';
import { capabilities } from './support.js';

const NOW = Date.parse('2026-10-01T12:00:00Z');
const OCCURRED = '2026-10-01T11:00:00.000Z';
const operation = operationOf(
  { id: '1' },
  0,
  [
    {
      kind: 'note',
      on: { objectType: 'contacts', id: '5' },
      body: 'Tea &amp; cake\nat 5',
      timestamp: OCCURRED,
    },
  ],
  capabilities(),
);
if (operation.op !== 'record') throw new Error('a note is a record');
const hit = (id: string, body: string, createdAt: string) => ({
  id,
  createdAt,
  properties: { hs_note_body: body, hs_timestamp: '2026-10-01T11:00:00Z' },
});
const classify = (results: unknown[], sentMsAgo = 10_000, taken = new Set<string>()) =>
  classifySearch(operation, { results }, { sentMsAgo, nowMs: NOW, taken });

describe('a create whose answer was lost', () => {
  it('is searched by what HubSpot keeps as it is', () => {
    expect(searchLostCreate(operation)).toMatchObject({
      resource: 'searchObjects',
      params: { objectType: 'notes' },
      body: {
        filterGroups: [
          {
            filters: [{ propertyName: 'hs_timestamp', operator: 'EQ', value: String(Date.parse(OCCURRED)) }],
          },
        ],
        properties: ['hs_note_body', 'hs_timestamp'],
      },
    });
  });

  it('is found in the form that HubSpot gives its text', () => {
    expect(classify([hit('9', '<p>Tea &amp; cake</p> <p>at 5</p>', '2026-10-01T11:59:50Z')])).toEqual({
      state: 'found',
      objectId: '9',
    });
  });

  it('is not an older one, one with another text, or one of another event', () => {
    const wait = { state: 'wait', forMs: SEARCH_LAG_MS - 10_000 };
    expect(classify([hit('9', 'Tea & cake at 5', '2026-10-01T11:00:00Z')])).toEqual(wait);
    expect(classify([hit('9', 'Tea & cake at 6', '2026-10-01T11:59:55Z')])).toEqual(wait);
    expect(classify([hit('9', 'Tea & cake at 5', '2026-10-01T11:59:55Z')], 10_000, new Set(['9']))).toEqual(
      wait,
    );
  });

  it('counts as absent only when the search has had time to know it', () => {
    expect(classify([], SEARCH_LAG_MS - 1)).toEqual({ state: 'wait', forMs: 1 });
    expect(classify([], SEARCH_LAG_MS)).toEqual({ state: 'absent' });
  });

  it('counts as absent only when the answer shows all that it counts: no list is not an empty list', () => {
    const late = { sentMsAgo: SEARCH_LAG_MS, nowMs: NOW, taken: new Set<string>() };
    const other = hit('9', 'Tea & cake at 6', '2026-10-01T11:59:55Z');
    const old = hit('8', 'Tea & cake at 6', '2026-09-01T11:59:55Z');
    for (const body of [undefined, {}, { results: [], total: 3 }, { results: [other], total: 200 }])
      expect(classifySearch(operation, body, late)).toEqual({ state: 'unclear' });
    for (const body of [
      { results: [other], total: 1 },
      { results: [other, old], total: 200 },
    ])
      expect(classifySearch(operation, body, late)).toEqual({ state: 'absent' });
  });
});
