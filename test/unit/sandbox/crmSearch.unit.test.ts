import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RecordStore } from '../../../sandbox/crm/recordStore.js';
import { Schema } from '../../../sandbox/crm/schema.js';
import { SearchIndex } from '../../../sandbox/crm/search/searchIndex.js';
import { readSearch } from '../../../sandbox/crm/search/searchRequest.js';
import { runSearch } from '../../../sandbox/crm/search/runSearch.js';
import { OBJECT_TYPES } from '../../../sandbox/crm/objectTypes.js';

/** A step of a run: time passes, and a record is created, changed or archived, or two are merged. */
const step = fc.record({
  waitMs: fc.integer({ min: 0, max: 30 }),
  kind: fc.constantFrom('create', 'update', 'archive', 'merge'),
  pick: fc.nat(),
  value: fc.constantFrom('1', '2', '3', ''),
});

describe('the search', () => {
  it('finds by its index the same records as a scan of all records of one lag ago', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60 }),
        fc.constantFrom(0, 25),
        fc.constantFrom(0, 12),
        fc.nat(),
        fc.nat(),
        (steps, lagMs, generated, idAt, timeAt) => {
          let nowMs = 1_790_000_000_000;
          const clock = { now: () => nowMs, epochMs: () => nowMs };
          const schema = new Schema(OBJECT_TYPES.contacts);
          const store = new RecordStore({
            clock,
            portalId: 1,
            schema,
            indexLagMs: () => lagMs,
            merging: () => ({ keepsFirst: false, archives: false }),
            recycleBinMs: () => 1_000_000,
            teller: () => undefined,
            firstId: 100,
          });
          /** All records as they were after each step. */
          const moments: {
            atMs: number;
            live: Map<number, { updatedAtMs: number; value: string | undefined }>;
          }[] = [];
          const remember = (atMs: number) => {
            const live = new Map(
              store
                .page(0, 1_000, false)
                .records.map(({ id, version }) => [
                  id,
                  { updatedAtMs: version.updatedAtMs, value: version.properties['numemployees'] },
                ]),
            );
            moments.push({ atMs, live });
          };
          if (generated > 0) store.generate(generated, 7);
          // Generated records are older than any lag.
          remember(0);
          for (const { waitMs, kind, pick, value } of steps) {
            nowMs += waitMs;
            const { records } = store.page(0, 1_000, false);
            const one = records[pick % Math.max(1, records.length)];
            const other = records[(pick + 1) % Math.max(1, records.length)];
            if (kind === 'create' || !one || !other) store.create({ numemployees: value });
            else if (kind === 'update') store.update(one, { numemployees: value });
            else if (kind === 'archive') store.archive(one);
            else if (one !== other) store.merge(one, other);
            remember(nowMs);
          }
          const visible = moments.filter(({ atMs }) => atMs + lagMs <= nowMs).at(-1)!.live;
          store.index.catchUp(nowMs);

          const ids = [...visible.keys()].sort((a, b) => a - b);
          const afterId = ids[idAt % Math.max(1, ids.length)] ?? 0;
          const sinceMs = [...visible.values()][timeAt % Math.max(1, ids.length)]?.updatedAtMs ?? 1;
          const filter = (propertyName: string, operator: string, value: string | number) => ({
            propertyName,
            operator,
            value: String(value),
          });
          const find = (filters: unknown[]) => {
            const body = { filterGroups: [{ filters }], sorts: ['hs_object_id'], limit: 200 };
            return runSearch(store, readSearch(body, 0), () => false).hits.map(({ id }) => id);
          };
          const expected = (
            isTrue: (id: number, doc: { updatedAtMs: number; value: string | undefined }) => boolean,
          ) => ids.filter((id) => isTrue(id, visible.get(id)!));

          expect(find([filter('hs_object_id', 'GT', afterId)])).toEqual(expected((id) => id > afterId));
          expect(find([filter('lastmodifieddate', 'GTE', sinceMs)])).toEqual(
            expected((_, { updatedAtMs }) => updatedAtMs >= sinceMs),
          );
          expect(
            find([
              filter('lastmodifieddate', 'LT', sinceMs),
              filter('hs_object_id', 'GTE', afterId),
              filter('numemployees', 'GT', 1),
            ]),
          ).toEqual(
            expected(
              (id, { updatedAtMs, value }) =>
                updatedAtMs < sinceMs && id >= afterId && Number(value ?? 0) > 1,
            ),
          );
        },
      ),
    );
  });
});

describe('an index whose changes take different times', () => {
  const record = (id: number) => ({
    ...{ id, createdAtMs: 1, archivedAtMs: undefined, setAt: undefined, past: undefined },
    version: { properties: {}, updatedAtMs: 1 },
  });
  const known = (index: SearchIndex) => [...index.byId(0, 1_000)].map(({ id }) => id);

  it('shows a later one before an earlier one, and all when the longest time is over', () => {
    const index = new SearchIndex((share) => share * 1_000);
    for (const id of [1, 2, 3]) index.note(record(id), { properties: {}, updatedAtMs: id }, id);
    index.catchUp(500);
    expect(known(index)).toEqual([2]);
    index.catchUp(1_003);
    expect(known(index)).toEqual([1, 2, 3]);
    expect([...index.byModification(0, 9)].map(({ id }) => id)).toEqual([1, 2, 3]);
  });

  it('never goes back to an earlier version, nor brings back what was archived', () => {
    const index = new SearchIndex((share) => share * 1_000);
    index.note(record(1), { properties: { a: 'old' }, updatedAtMs: 1 }, 1);
    index.note(record(1), { properties: { a: 'new' }, updatedAtMs: 2 }, 2);
    index.note(record(3), { properties: {}, updatedAtMs: 3 }, 3);
    index.note(record(4), { properties: {}, updatedAtMs: 4 }, 4);
    index.note(record(3), undefined, 5);
    for (let ms = 0; ms < 1_100; ms += 10) index.catchUp(ms);
    expect(index.get(1)?.version.properties).toEqual({ a: 'new' });
    expect(known(index)).toEqual([1, 4]);
  });
});
