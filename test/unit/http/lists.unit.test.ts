import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { pageQuery } from '../../../src/api/http/input.js';
import type { OperationDescription } from '../../../src/api/http/operation.js';
import { OPERATIONS } from '../../../src/api/operations.js';

/** What lists may be filtered by: a new one is a word for all of them. */
const FILTERS = [
  ...[
    'portalId',
    'portalIds',
    'laneId',
    'state',
    'type',
    'key',
    'errorClass',
    'since',
    'callbackId',
    'objectId',
    'objectType',
  ],
  ...['action', 'actor', 'operation', 'outcome', 'status', 'severity', 'kind'],
];
/** Each room has its own states; everything else means the same wherever it stands. */
const OF_ITS_ROOM = ['state'];

/** Lists with a form of their own, and why. */
const OF_ANOTHER_FORM: Readonly<Record<string, { filters: readonly string[]; reason: string }>> = {
  listRecords: {
    filters: ['filter', 'sort', 'archived', 'associations'],
    reason: 'What records are found by is declared by the workspace: the names are those of its properties',
  },
  listPropertyDefinitions: {
    filters: ['versions'],
    reason: 'What is asked for as well, and no filter: the versions before those that stand',
  },
  listChanges: {
    filters: ['consumer', 'wait'],
    reason: 'It is a feed that can be waited for, and who reads it under a name has filters of their own',
  },
  listActionRates: {
    filters: ['portal_id'],
    reason: 'The path and the names are those of the old throttle, whose callers go on with them',
  },
  listStored: {
    filters: ['also'],
    reason: 'It filters nothing: it names one more word by which a person is looked for',
  },
};

/** What answers some of something and is no list, and why. */
const NO_LISTS: Readonly<Record<string, string>> = {
  search: 'What has an id is a few things, the newest of each kind: there is no further page',
};

/** What is read and answers many of something, whatever it is called. */
function isList({ id, method, answers }: OperationDescription): boolean {
  const body = answers[200]?.body;
  if (method !== 'get' || NO_LISTS[id] !== undefined) return false;
  return id.startsWith('list') || body instanceof z.ZodArray || fieldsOf(body).includes('items');
}

const fieldsOf = (schema: z.ZodType | undefined) =>
  schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
const described = (schema: z.ZodType) =>
  z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', override: withOverrides });
/** As the document shows it. */
function withOverrides({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodTypes; jsonSchema: object }): void {
  const { override } = z.globalRegistry.get(zodSchema) ?? {};
  if (typeof override === 'object') Object.assign(jsonSchema, override);
}

const lists = OPERATIONS.filter(isList);

/** What is not alike about a list; nothing where it is like the others. */
function differences({ id, input, answers }: OperationDescription): string[] {
  const { after, limit, ...filters } = (input.query?.shape ?? {}) as Record<string, z.ZodType>;
  const page = answers[200]?.body;
  const own = OF_ANOTHER_FORM[id]?.filters ?? [];
  const model = pageQuery(z.string());
  const says = (schema: z.ZodType | undefined) => {
    const {
      maximum: _,
      override: __,
      ...rest
    } = (schema ? described(schema) : {}) as Record<string, unknown>;
    return JSON.stringify(rest);
  };
  return [
    ...(says(after) === says(model.after) ? [] : ['after']),
    ...(says(limit) === says(model.limit) ? [] : ['limit']),
    ...(page && ['items', 'next'].every((name) => fieldsOf(page).includes(name)) ? [] : ['items, next']),
    ...Object.keys(filters).filter((name) => !FILTERS.includes(name) && !own.includes(name)),
  ].map((what) => `${id}: ${what}`);
}

describe('lists', () => {
  it('are alike: each takes `limit` and `after`, has `items` and `next`, and filters by the same words', () => {
    expect(lists.length).toBeGreaterThan(12);
    expect(lists.flatMap(differences)).toEqual([]);
  });

  it('that are not alike are found', () => {
    const lane = lists.find(({ id }) => id === 'listLanes');
    const page = lane!.answers[200]!;
    const query = lane!.input.query!;
    const other = (changed: Partial<OperationDescription>) => differences({ ...lane!, id: 'it', ...changed });
    expect(other({ input: {} })).toEqual(['it: after', 'it: limit']);
    expect(other({ input: { query: query.extend({ after: z.string() }) } })).toEqual(['it: after']);
    expect(other({ input: { query: query.extend({ portal: z.string() }) } })).toEqual(['it: portal']);
    expect(
      other({ answers: { 200: { ...page, body: z.strictObject({ items: z.array(z.string()) }) } } }),
    ).toEqual(['it: items, next']);
    expect(isList({ ...lane!, id: 'it', answers: { 200: { ...page, body: z.array(z.string()) } } })).toBe(
      true,
    );
  });

  it('mean the same by a filter of the same name', () => {
    const meanings = new Map<string, Set<string>>();
    for (const { input } of lists)
      for (const [name, schema] of Object.entries(input.query?.shape ?? {}))
        if (FILTERS.includes(name) && !OF_ITS_ROOM.includes(name))
          meanings.set(name, (meanings.get(name) ?? new Set()).add(JSON.stringify(described(schema))));
    expect([...meanings].filter(([, all]) => all.size > 1)).toEqual([]);
    expect(meanings.size).toBeGreaterThan(8);
  });

  it('know no filter and no exception that none of them has', () => {
    const used = lists.flatMap(({ input }) => Object.keys(input.query?.shape ?? {}));
    expect(FILTERS.filter((name) => !used.includes(name))).toEqual([]);
    for (const id of Object.keys(OF_ANOTHER_FORM)) expect(lists.map((one) => one.id)).toContain(id);
    for (const id of Object.keys(NO_LISTS)) expect(OPERATIONS.map((one) => one.id)).toContain(id);
  });
});
