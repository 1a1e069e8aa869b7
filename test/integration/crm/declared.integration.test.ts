import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import pg from 'pg';
import {
  declaredProperties,
  declareProperty,
  fillValues,
  undeclareProperty,
} from '../../../src/db/crm/declaredProperties.js';
import {
  findRecords,
  IN_ORDER,
  leadOf,
  statementOf,
  type RecordQuery,
} from '../../../src/db/crm/foundRecords.js';
import { recordsAfter } from '../../../src/db/crm/records.js';
import { writePage } from '../../../src/db/sync/pages.js';
import type { SyncReader } from '../../../src/db/sync/reader.js';
import { forWorkspace, inWorkspace } from '../../../src/db/tenant.js';
import { comparedNumber, type ValueKind } from '../../../src/domain/crm/declaredProperty.js';
import { mirrored, type SeenRecord } from '../../../src/domain/crm/mirroredRecord.js';
import {
  comparedBy,
  readPlace,
  writePlace,
  type Compared,
  type Operator,
} from '../../../src/domain/crm/recordQuery.js';
import { createValuesSweep } from '../../../src/worker/crm/valuesSweep.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { explain, pagesOf, rowsOf } from '../../support/plans.js';
import { until } from '../../support/until.js';

let database: TestDatabase;
let lastPortal = 710_000;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

async function begin(): Promise<SyncReader> {
  lastPortal += 1;
  const reader = { workspaceId: randomUUID(), portalId: lastPortal, objectType: 'deals', epoch: 0, fence: 1 };
  const { admin } = database;
  await admin.query('INSERT INTO workspaces (id, name) VALUES ($1::uuid, $1::text)', [reader.workspaceId]);
  await admin.query('INSERT INTO portals (portal_id, workspace_id) VALUES ($1, $2)', [
    reader.portalId,
    reader.workspaceId,
  ]);
  await admin.query(
    'INSERT INTO sync_states (workspace_id, portal_id, object_type, fence) VALUES ($1, $2, $3, 1)',
    [reader.workspaceId, reader.portalId, reader.objectType],
  );
  return reader;
}

let minute = 0;
type Values = Readonly<Record<string, string>>;
async function write(reader: SyncReader, records: ReadonlyMap<number, Values>): Promise<void> {
  minute += 1;
  const at = new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
  const seen: SeenRecord[] = [...records].map(([id, properties]) => ({
    ...{ id: String(id), properties, createdAt: at, modifiedAt: at },
  }));
  const written = await writePage(database.pool, reader, {
    records: seen.map(mirrored),
    readAt: new Date(at),
    source: 'test',
    initial: false,
    cursor: { version: 2, kind: 'load' },
  });
  const { created, updated, restored, stored } = written!;
  expect(created + updated + restored + stored).toBe(records.size);
}
const declare = (reader: SyncReader, property: string, kind?: ValueKind) =>
  inWorkspace(database.pool, reader.workspaceId, (client) =>
    declareProperty(client, reader, { property, kind, most: 20 }),
  );
const declared = async (reader: SyncReader) =>
  declaredProperties(forWorkspace(database.pool, reader.workspaceId), reader, { limit: 100 });
const sweep = () => createValuesSweep(database.pool).run(new AbortController().signal);
const fill = async () => {
  while ((await sweep()) > 0);
};

const KINDS: Record<string, ValueKind> = { city: 'text', amount: 'number', closedate: 'date' };

/** All pages, each by the `next` of the one before as it is sent. */
async function all(reader: SyncReader, query: Omit<RecordQuery, 'after'>): Promise<string[]> {
  const seen: string[] = [];
  let after: RecordQuery['after'];
  for (let page = 0; page < 200; page += 1) {
    const { records, next } = await findRecords(database.pool, reader, { ...query, after });
    expect(records.length).toBeLessThanOrEqual(query.limit);
    seen.push(...records.map(({ id }) => id));
    if (!next) return seen;
    after = readPlace(writePlace(next));
    expect(after).toEqual(next);
  }
  throw new Error('The pages do not end');
}

/** Text by the numbers of its characters. */
const byCharacters = (a: string, b: string): number => {
  const [x, y] = [[...a], [...b]].map((one) => one.map((c) => c.codePointAt(0) ?? 0)) as [number[], number[]];
  for (let n = 0; n < Math.min(x.length, y.length); n += 1) if (x[n] !== y[n]) return x[n]! - y[n]!;
  return x.length - y.length;
};
const cut = (text: string) => [...text].slice(0, 128).join('');
/** What a value is compared by: undefined where it has nothing of this kind. */
const keyOf = (kind: ValueKind, value: string | undefined): string | number | undefined => {
  if (value === undefined || value === '') return undefined;
  if (kind === 'text') return value;
  const digits = comparedNumber(kind, value);
  return digits === undefined ? undefined : Number(digits);
};
const compare = (a: string | number, b: string | number) =>
  typeof a === 'string' ? byCharacters(a, String(b)) : a - Number(b);

function holds({ kind, operator, value, property }: Compared, values: Values): boolean {
  const text = values[property] === '' ? undefined : values[property];
  if (operator === 'none') return text === undefined;
  if (operator === 'any') return text !== undefined;
  const [key, given] = [keyOf(kind, text), kind === 'text' ? value : Number(value)];
  if (key === undefined) return false;
  if (operator === 'prefix') return String(key).startsWith(value);
  const order = compare(key, given);
  return { eq: order === 0, gt: order > 0, gte: order >= 0, lt: order < 0, lte: order <= 0 }[operator];
}

/** What is to come out, by a look at every record. */
function model(
  records: ReadonlyMap<number, Values>,
  { conditions, sort }: Pick<RecordQuery, 'conditions' | 'sort'>,
): number[] {
  const found = [...records].filter(([, values]) => conditions.every((one) => holds(one, values)));
  const ids = (some: typeof found) => some.map(([id]) => id).sort((a, b) => a - b);
  const lead = sort ?? leadOf({ conditions, sort });
  if (!lead) return ids(found);
  // Whether there is a value is asked of the text: among those without one there is no other order than that of ids.
  const kind = !sort && leadOf({ conditions, sort })?.key === 'value' ? 'text' : lead.kind;
  const key = (values: Values) => {
    const full = keyOf(kind, values[lead.property]);
    return typeof full === 'string' ? cut(full) : full;
  };
  const keyed = found.filter(([, values]) => key(values) !== undefined);
  const way = lead.isDescending ? -1 : 1;
  keyed.sort(([a, x], [b, y]) => way * (compare(key(x)!, key(y)!) || a - b));
  return [...keyed.map(([id]) => id), ...ids(found.filter(([, values]) => key(values) === undefined))];
}

const city = fc.oneof(
  fc.constantFrom(
    'Bonn',
    'Berlin',
    'Ber',
    'berlin',
    'Zürich',
    'Łódź',
    '\u{1F600}',
    '\uFFFD',
    'a\0b',
    '=1',
    ' ',
    '%',
    '_',
  ),
  fc.string({ unit: 'binary', maxLength: 4 }),
  fc.constantFrom('x'.repeat(128), 'x'.repeat(129), `${'x'.repeat(128)}y`, 'x'.repeat(127)),
);
const amount = fc.oneof(
  fc.integer({ min: -20, max: 20 }).map(String),
  fc.constantFrom(
    '9',
    '10',
    '100',
    '1e2',
    '1E+2',
    '+7',
    '-0',
    '0.5',
    '00012',
    '1;2',
    'N/A',
    '',
    '12 ',
    '1e999',
    '.5',
    '5.',
  ),
);
const closedate = fc.constantFrom(
  ...[
    '2026-01-31',
    '2026-02-30',
    '2024-02-29',
    '2026-01-31T09:30:00Z',
    '2026-01-31T09:30:00.123Z',
    '1769817600000',
  ],
  ...['2026-01-31T10:30:00+01:00', '0000-01-01', '2026-13-01', 'soon', '', '9999-12-31', '2026-1-1', '-1'],
);
const values = fc.record({ city, amount, closedate }, { requiredKeys: [] });
const page = fc.dictionary(fc.integer({ min: 1, max: 25 }).map(String), values, { maxKeys: 20 });
const OPERATORS: Record<ValueKind, Operator[]> = {
  text: ['eq', 'prefix', 'gt', 'gte', 'lt', 'lte', 'any', 'none'],
  number: ['eq', 'gt', 'gte', 'lt', 'lte', 'any', 'none'],
  date: ['eq', 'gt', 'gte', 'lt', 'lte', 'any', 'none'],
};
const condition = fc
  .constantFrom(...Object.keys(KINDS))
  .chain((property) =>
    fc.record({
      property: fc.constant(property),
      operator: fc.constantFrom(...OPERATORS[KINDS[property]!]),
      value: { city, amount, closedate }[property] as fc.Arbitrary<string>,
    }),
  )
  .map((one) =>
    comparedBy(
      KINDS[one.property]!,
      one.operator === 'any' || one.operator === 'none' ? { ...one, value: '' } : one,
    ),
  )
  .filter((one): one is Compared => typeof one !== 'string');
const query = fc.record({
  conditions: fc.array(condition, { maxLength: 3 }),
  sort: fc.option(
    fc
      .record({ property: fc.constantFrom(...Object.keys(KINDS)), isDescending: fc.boolean() })
      .map((one) => ({ ...one, kind: KINDS[one.property]! })),
    { nil: undefined },
  ),
  limit: fc.integer({ min: 1, max: 12 }),
});
/** Values as they are stored, by which the model compares as the database does. */
const stored = (given: Values): Values =>
  Object.fromEntries(
    Object.entries(
      JSON.parse(
        mirrored({ id: '1', properties: given, createdAt: '', modifiedAt: '' }).properties,
      ) as Values,
    ),
  );

describe('records found and sorted by declared properties', () => {
  it('are those that a look at every record finds, in its order, page by page, whatever was written and when it was declared', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(page, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 0, max: 4 }),
        fc.array(query, { minLength: 3, maxLength: 6 }),
        async (pages, declaredAfter, queries) => {
          const reader = await begin();
          const records = new Map<number, Values>();
          for (const [n, written] of [...pages, {}].entries()) {
            if (n === Math.min(declaredAfter, pages.length))
              for (const [property, kind] of Object.entries(KINDS)) await declare(reader, property, kind);
            const given = new Map(Object.entries(written).map(([id, one]) => [Number(id), one as Values]));
            await write(reader, given);
            for (const [id, one] of given) records.set(id, stored(one));
          }
          await fill();
          expect((await declared(reader)).map(({ state }) => state)).toEqual(['ready', 'ready', 'ready']);
          for (const one of queries)
            expect(await all(reader, { ...one, isArchived: false })).toEqual(model(records, one).map(String));
        },
      ),
      { numRuns: 40 },
    );
  }, 120_000);

  it('by numbers that are text are in the order of numbers, and what is no number comes last', async () => {
    const reader = await begin();
    await declare(reader, 'amount', 'number');
    const amounts = ['10', '9', '1;2', '-3', '100', 'N/A', '1e1', ''];
    await write(reader, new Map(amounts.map((one, n) => [n + 1, { amount: one }])));
    await fill();
    const sort = { property: 'amount', kind: 'number' as const, isDescending: false };
    const ids = await all(reader, { conditions: [], sort, isArchived: false, limit: 3 });
    expect(ids.map((id) => amounts[Number(id) - 1])).toEqual([
      '-3',
      '9',
      '10',
      '1e1',
      '100',
      '1;2',
      'N/A',
      '',
    ]);
  });

  it('are those in the recycle bin where these are asked for, and never both', async () => {
    const reader = await begin();
    await declare(reader, 'city', 'text');
    await write(reader, new Map([1, 2, 3, 4].map((n) => [n, { city: 'Bonn' }])));
    await database.admin.query(
      'UPDATE crm_records SET archived_at = now() WHERE portal_id = $1 AND id IN (2, 3)',
      [reader.portalId],
    );
    await fill();
    const bonn = comparedBy('text', { property: 'city', operator: 'eq', value: 'Bonn' }) as Compared;
    for (const conditions of [[bonn], []]) {
      expect(await all(reader, { conditions, isArchived: true, limit: 1 })).toEqual(['2', '3']);
      expect(await all(reader, { conditions, isArchived: false, limit: 1 })).toEqual(['1', '4']);
    }
  });

  it('have the value that was written last, also while values are filled in at the same time', async () => {
    const reader = await begin();
    const count = 1500;
    const cities = (name: string) =>
      new Map(Array.from({ length: count }, (_, n) => [n + 1, { city: name }]));
    await write(reader, cities('before'));
    await declare(reader, 'city', 'text');
    const writes = (async () => {
      for (let n = 0; n < count; n += 100)
        await write(reader, new Map([...cities('after')].slice(n, n + 100)));
    })();
    await Promise.all([writes, fill(), fill()]);
    await fill();
    const after = comparedBy('text', { property: 'city', operator: 'eq', value: 'after' }) as Compared;
    expect(await all(reader, { conditions: [after], isArchived: false, limit: 100 })).toHaveLength(count);
    const none = comparedBy('text', { property: 'city', operator: 'eq', value: 'before' }) as Compared;
    expect(await all(reader, { conditions: [none], isArchived: false, limit: 100 })).toEqual([]);
  });
});

describe('a declaration', () => {
  it('is filled in by parts, each of which stands whatever becomes of the next', async () => {
    const reader = await begin();
    await write(reader, new Map(Array.from({ length: 25 }, (_, n) => [n + 1, { city: `c${n}` }])));
    await declare(reader, 'city', 'text');
    expect(await declared(reader)).toMatchObject([{ state: 'filling', filled: 0, filledAt: null }]);
    const db = forWorkspace(database.pool, reader.workspaceId);
    const one = { ...reader, property: 'city' };
    expect(await fillValues(db, one, 10)).toBe(10);
    expect(await declared(reader)).toMatchObject([{ state: 'filling', filled: 10 }]);
    expect(await fillValues(db, one, 10)).toBe(10);
    expect(await fillValues(db, one, 10)).toBe(5);
    expect(await declared(reader)).toMatchObject([{ state: 'ready', filled: 25 }]);
    expect(await declare(reader, 'city', 'text')).toMatchObject({ state: 'ready' });
    expect(await declare(reader, 'city', 'number')).toMatchObject({ state: 'filling', filled: 0 });
  });

  it('that is taken back removes its values and itself, and nothing of another; one made meanwhile fills in anew', async () => {
    const reader = await begin();
    await write(reader, new Map([1, 2, 3].map((n) => [n, { city: 'Bonn', zip: '1' }])));
    await declare(reader, 'city', 'text');
    await declare(reader, 'zip', 'text');
    await fill();
    const undeclare = () =>
      inWorkspace(database.pool, reader.workspaceId, (client) => undeclareProperty(client, reader, 'city'));
    expect(await undeclare()).toBe(true);
    expect(await undeclare()).toBe(false);
    expect(await declared(reader)).toMatchObject([
      { property: 'city', state: 'leaving' },
      { state: 'ready' },
    ]);
    // Written while nobody keeps it.
    await write(reader, new Map([[2, { city: 'Berlin', zip: '2' }]]));
    expect(await declare(reader, 'city', 'text')).toMatchObject({ state: 'filling' });
    await fill();
    const berlin = comparedBy('text', { property: 'city', operator: 'eq', value: 'Berlin' }) as Compared;
    expect(await all(reader, { conditions: [berlin], isArchived: false, limit: 5 })).toEqual(['2']);
    await undeclare();
    await fill();
    expect(await declared(reader)).toMatchObject([{ property: 'zip', state: 'ready' }]);
    const { rows } = await database.admin.query(
      'SELECT property, count(*)::int AS count FROM crm_values WHERE portal_id = $1 GROUP BY property',
      [reader.portalId],
    );
    expect(rows).toEqual([{ property: 'zip', count: 3 }]);
  });

  it('has the kind that the portal defines, unless another is named', async () => {
    const reader = await begin();
    await database.admin.query(
      `INSERT INTO crm_property_defs (workspace_id, portal_id, object_type, name, version, label, type, field_type, options, calculated, data_sensitivity, archived, hash, first_seen_at, replaced_at)
       SELECT $1, $2, 'deals', d.name, d.version, '', d.type, 'text', '[]', false, 'non_sensitive', false, 'x', now(), d.replaced_at
         FROM (VALUES ('amount', 1, 'string', now()), ('amount', 2, 'number', NULL), ('closedate', 1, 'datetime', NULL), ('stage', 1, 'enumeration', NULL)) AS d (name, version, type, replaced_at)`,
      [reader.workspaceId, reader.portalId],
    );
    const kinds: (string | undefined)[] = [];
    for (const property of ['amount', 'closedate', 'stage', 'unknown'])
      kinds.push((await declare(reader, property))?.kind);
    expect(kinds).toEqual(['number', 'date', 'text', 'text']);
    expect(await declare(reader, 'amount', 'text')).toMatchObject({ kind: 'text' });
    expect(await declare(reader, 'amount')).toMatchObject({ kind: 'text' });
  });

  it('is one of twenty of a type at most', async () => {
    const reader = await begin();
    for (let n = 0; n < 20; n += 1)
      expect(await declare(reader, `p${n}`, 'text')).toMatchObject({ kind: 'text' });
    expect(await declare(reader, 'p20', 'text')).toBeUndefined();
    expect(await declare(reader, 'p3', 'date')).toMatchObject({ kind: 'date' });
  });

  it('whose values cannot be filled in keeps no other from it', async () => {
    const [bad, good] = [await begin(), await begin()];
    for (const reader of [bad, good]) {
      await write(reader, new Map([[1, { city: 'Bonn' }]]));
      await declare(reader, 'city', 'text');
    }
    const holder = await database.admin.connect();
    try {
      await holder.query('BEGIN');
      await holder.query('SELECT FROM sync_states WHERE portal_id = $1 FOR UPDATE', [bad.portalId]);
      // It ends by the statement's time-out.
      await expect(sweep()).rejects.toThrow(`"portalId":${bad.portalId}`);
      expect(await declared(good)).toMatchObject([{ state: 'ready' }]);
    } finally {
      await holder.query('ROLLBACK');
      holder.release();
    }
    await database.admin.query('UPDATE crm_declared_properties SET due_at = now() WHERE portal_id = $1', [
      bad.portalId,
    ]);
    await until(
      'it is filled in',
      async () => {
        await sweep();
        return (await declared(bad))[0]?.state === 'ready';
      },
      10_000,
    );
  }, 30_000);
});

describe('what a value is compared by', () => {
  it('is the same here and in the database, which fails for no text, and has the order of numbers', async () => {
    const digits = fc.string({ unit: fc.constantFrom(...'0123456789.eE+-;T:Z /'), maxLength: 26 });
    const day = fc
      .tuple(
        fc.integer({ min: -5, max: 10_005 }),
        fc.integer({ min: 0, max: 13 }),
        fc.integer({ min: 0, max: 32 }),
      )
      .map(
        ([y, m, d]) =>
          `${String(y).padStart(4, '0')}-${String(m).padStart(2, '0')}-${String(d).padStart(2, '0')}`,
      );
    const clock = fc.constantFrom(
      '',
      'T00:00Z',
      ' 23:59:59',
      'T24:00:00Z',
      'T12:30:01.5Z',
      'T12:30:01.123456789+14:00',
      'T01:02:03-0930',
      'T01:02:03+15:00',
      'T01:02:60Z',
    );
    const text = fc.oneof(
      digits,
      fc.string(),
      amount,
      closedate,
      fc.tuple(day, clock).map((parts) => parts.join('')),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          text.filter((one) => !one.includes('\0')),
          { minLength: 50, maxLength: 100 },
        ),
        async (texts) => {
          for (const kind of ['number', 'date'] as const) {
            const { rows } = await database.pool.query<{ same: boolean | null; text: string }>(
              `SELECT crm_number($1, u.text) IS NOT DISTINCT FROM u.ours::numeric AS same, u.text FROM unnest($2::text[], $3::text[]) AS u (text, ours)`,
              [kind, texts, texts.map((one) => comparedNumber(kind, one) ?? null)],
            );
            expect(rows.filter(({ same }) => !same)).toEqual([]);
            const ordered = await database.pool.query<{ a: string; b: string }>(
              `WITH n AS (SELECT DISTINCT crm_number($1, u.text) AS n FROM unnest($2::text[]) AS u (text))
             SELECT a.n::text AS a, b.n::text AS b FROM n a, n b
              WHERE (a.n < b.n) IS DISTINCT FROM (crm_number_key(a.n) COLLATE "C" < crm_number_key(b.n))
                 OR (a.n = b.n) IS DISTINCT FROM (crm_number_key(a.n) = crm_number_key(b.n))`,
              [kind, texts],
            );
            expect(ordered.rows).toEqual([]);
          }
        },
      ),
      { numRuns: 60 },
    );
  }, 60_000);
});

describe('a page of records that are found or sorted', () => {
  const COUNT = 30_000;
  let reader: SyncReader;
  beforeAll(async () => {
    reader = await begin();
    await declare(reader, 'city', 'text');
    await declare(reader, 'amount', 'number');
    await declare(reader, 'code', 'text');
    await database.admin.query(
      `INSERT INTO crm_records (workspace_id, portal_id, object_type, id, properties, hash, created_at, modified_at, read_at, source)
       SELECT $1, $2, 'deals', n, jsonb_build_object('city', 'c' || n % 10, 'amount', (n * 7919 % 30011)::text, 'code', md5(n::text)), 'x', now(), now(), now(), 'test'
         FROM generate_series(1, $3::int) n`,
      [reader.workspaceId, reader.portalId, COUNT],
    );
    // As filling does, in one statement.
    await database.admin.query(
      `INSERT INTO crm_values (workspace_id, portal_id, object_type, property, record_id, value, is_number, number)
       SELECT r.workspace_id, r.portal_id, r.object_type, d.property, r.id, r.properties ->> d.property, d.kind <> 'text',
              crm_number_key(crm_number(d.kind, r.properties ->> d.property))
         FROM crm_records r JOIN crm_declared_properties d USING (workspace_id, portal_id, object_type) WHERE r.portal_id = $1`,
      [reader.portalId],
    );
  }, 90_000);

  const by = (text: string, kind: ValueKind): Compared => {
    const [property = '', operator, value = ''] = text.split(':');
    return comparedBy(kind, { property, operator: operator as Operator, value }) as Compared;
  };
  const sort = (property: string, kind: ValueKind, isDescending = false) => ({
    property,
    kind,
    isDescending,
  });
  const CASES: [string, Pick<RecordQuery, 'conditions' | 'sort' | 'after'>][] = [
    ['a common value', { conditions: [by('city:eq:c3', 'text')] }],
    [
      'a common value, far behind',
      { conditions: [by('city:eq:c3', 'text')], after: { key: 'c3', id: '29000' } },
    ],
    ['a prefix', { conditions: [by('city:prefix:c', 'text')] }],
    ['a range of numbers', { conditions: [by('amount:gte:29000', 'number')] }],
    ['sorted by a text', { conditions: [], sort: sort('city', 'text') }],
    ['sorted by a text that is other in each', { conditions: [], sort: sort('code', 'text') }],
    ['a prefix of it', { conditions: [by('code:prefix:a', 'text')] }],
    [
      'sorted by a text, far behind',
      { conditions: [], sort: sort('city', 'text', true), after: { key: 'c3', id: '20000' } },
    ],
    ['sorted by a number', { conditions: [], sort: sort('amount', 'number') }],
    [
      'sorted, far behind',
      { conditions: [], sort: sort('amount', 'number', true), after: { key: 'p50115', id: '1' } },
    ],
    [
      'sorted by one, found by another',
      { conditions: [by('city:eq:c3', 'text')], sort: sort('amount', 'number') },
    ],
    [
      'a value that none has',
      { conditions: [by('city:eq:nowhere', 'text')], sort: sort('amount', 'number') },
    ],
    ['without a value', { conditions: [by('city:none', 'text')] }],
  ];
  /** A thousand values, the record of each by its key, and a page of them. */
  const MOST_ROWS = 2500;
  const MOST_PAGES = 6000;

  it.each([false, true])('reads few of 30,000, whatever is asked for; analysed: %s', async (isAnalysed) => {
    if (isAnalysed)
      await database.admin.query('ANALYZE crm_values; ANALYZE crm_records; ANALYZE crm_declared_properties');
    const tooMuch: unknown[] = [];
    for (const [name, asked] of CASES) {
      const lead = leadOf(asked)!;
      for (const part of lead.parts) {
        const { text, values: given } = statementOf(reader, {
          ...asked,
          lead,
          part,
          isArchived: false,
          limit: 50,
        });
        const client = await database.pool.connect();
        try {
          await client.query(`BEGIN; SET LOCAL app.workspace = '${reader.workspaceId}'; ${IN_ORDER}`);
          const plan = await explain(client, text, given);
          if (rowsOf(plan) > MOST_ROWS || pagesOf(plan) > MOST_PAGES)
            tooMuch.push([name, part, rowsOf(plan), pagesOf(plan), JSON.stringify(plan)]);
        } finally {
          await client.query('ROLLBACK');
          client.release();
        }
      }
    }
    expect(tooMuch).toEqual([]);
  });

  it('walks its values in their order also where the key of the table is the smaller index', async () => {
    const { workspaceId, portalId } = await begin();
    const objectType = 'contacts';
    // Of 300,000 addresses the index by value has one level more than the key.
    await database.admin.query(
      `INSERT INTO crm_values (workspace_id, portal_id, object_type, property, record_id, value, is_number)
       SELECT $1, $2, $3, 'email', 50000000000 + n * 37, 'person.' || n || '@example.com', false FROM generate_series(1, 300000) n`,
      [workspaceId, portalId, objectType],
    );
    const asked = { conditions: [], sort: sort('email', 'text'), isArchived: false, limit: 100 };
    const lead = leadOf(asked)!;
    const { text, values: given } = statementOf(
      { workspaceId, portalId, objectType },
      { ...asked, lead, part: 'keyed' },
    );
    const read = await inWorkspace(database.pool, workspaceId, async (client) => {
      await client.query(IN_ORDER);
      return rowsOf(await explain(client, text, given));
    });
    expect(read).toBeLessThan(1000);
  }, 60_000);

  it('finds the few in the recycle bin without a look at all that are not', async () => {
    await database.admin.query(
      `UPDATE crm_records SET archived_at = now() WHERE portal_id = $1 AND id % 10000 = 1`,
      [reader.portalId],
    );
    const prototype = pg.Client.prototype as { query: (...args: unknown[]) => unknown };
    const { query } = prototype;
    const seen: { text: string; values: unknown[] }[] = [];
    prototype.query = function (this: unknown, ...args: unknown[]) {
      if (typeof args[0] === 'string' && args[0].includes('archived_at IS NOT NULL'))
        seen.push({ text: args[0], values: args[1] as unknown[] });
      return query.apply(this, args);
    };
    try {
      const page = await recordsAfter(database.pool, reader, {
        after: undefined,
        limit: 50,
        isArchived: true,
      });
      expect(page).toMatchObject({ records: [{ id: '1' }, { id: '10001' }, { id: '20001' }], more: false });
    } finally {
      prototype.query = query;
    }
    const client = await database.pool.connect();
    try {
      await client.query(`BEGIN; SET LOCAL app.workspace = '${reader.workspaceId}'`);
      const plan = await explain(client, seen[0]!.text, seen[0]!.values);
      expect([rowsOf(plan) < 100, JSON.stringify(plan)]).toEqual([true, expect.any(String)]);
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
  });
});

describe('values that cannot be filled in', () => {
  it('keep those of no other property waiting', async () => {
    const reader = await begin();
    await write(reader, new Map([[1, { city: 'Bonn' }]]));
    await fill();
    await database.admin.query(
      `CREATE FUNCTION refuse_values() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused'; END $$;
       CREATE TRIGGER refuse BEFORE INSERT ON crm_values FOR EACH ROW WHEN (NEW.property LIKE 'bad%') EXECUTE FUNCTION refuse_values()`,
    );
    try {
      for (let n = 0; n < 6; n += 1) await declare(reader, `bad${n}`);
      await declare(reader, 'city');
      for (let n = 0; n < 2; n += 1) await expect(sweep()).rejects.toThrow('refused');
    } finally {
      await database.admin.query('DROP TRIGGER refuse ON crm_values');
    }
    const { state } = (await declared(reader)).find(({ property }) => property === 'city')!;
    expect(state).toBe('ready');
  });
});
