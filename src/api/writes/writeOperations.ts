import { z } from 'zod';
import type { RecordWrite, WriteResult, WritesOf } from '../../services/writes/recordWrite.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { AppError } from '../../platform/errors.js';
import { namedTypeSchema } from '../crm/namedType.js';
import { recordIdSchema } from '../crm/recordAnswers.js';
import { answerOnceDone } from '../http/answerOnce.js';
import { portalIdSchema, shortList } from '../http/input.js';
import { defineOperation } from '../http/operation.js';
import {
  EXAMPLE_WRITTEN,
  FRESH_HEADER,
  FRESH_HEADERS,
  rowAnswer,
  writtenAnswer,
  writtenRowsSchema,
  writtenSchema,
} from './writeAnswers.js';
import { createOnce } from './createOnce.js';
import { errorOf } from './writeFailure.js';
import { objectOf, type WritesDependencies } from './writeThrough.js';
import { keyIn, keySchema, ownKey, propertiesSchema, propertyNameSchema } from './writeInput.js';

const MOST = 100;
const the = { tag: 'Records', scopes: ['crm'], resource: 'record' } as const;
const portal = z.strictObject({ portalId: portalIdSchema.optional() });
const type = { objectType: namedTypeSchema };
const idProperty = propertyNameSchema.meta({
  description: 'A property with unique values, by which a record is found: `email`, or one of your own',
  example: 'external_id',
});

async function submitted(
  { writes }: WritesDependencies,
  of: WritesOf,
  rows: readonly RecordWrite[],
): Promise<WriteResult[]> {
  const results = writes.submit(of, rows);
  if (results) return results;
  throw new AppError(
    'too_many_requests',
    `Too many writes wait for portal ${of.portalId} in this process: nothing was done`,
    { retryAfterMs: 1000 },
  );
}

async function written(deps: WritesDependencies, of: WritesOf, write: RecordWrite) {
  const [result] = await submitted(deps, of, [write]);
  if (result?.state !== 'done')
    throw result ? errorOf(result.failure) : new AppError('internal', 'No result');
  return answered(of, result);
}

function answered(of: WritesOf, done: Extract<WriteResult, { state: 'done' }>) {
  const body = writtenAnswer(of, done);
  return { body, headers: { [FRESH_HEADER]: body.fresh } };
}

/** Writes of records, at HubSpot and in the mirror. */
export const WRITE_OPERATIONS = [
  defineOperation({
    ...the,
    id: 'createRecord',
    method: 'post',
    path: '/api/objects/{objectType}',
    summary: 'Make a record, or change the one that is there',
    description:
      'With `idProperty` the record that has this value of it is changed; where there is none it is made. Without it one is made; a contact whose address HubSpot has already is answered as it stands (`existing`). What HubSpot cannot tell from a repeat is noted before it is sent: where no answer comes, the same request with the `Idempotency-Key` of the answer looks for it, and makes it only where it is not there.',
    input: {
      params: z.strictObject(type),
      query: portal,
      body: z.strictObject({ idProperty: idProperty.optional(), properties: propertiesSchema }),
    },
    answers: {
      200: {
        description: 'It was there',
        body: writtenSchema,
        headers: FRESH_HEADERS,
        example: EXAMPLE_WRITTEN,
      },
      201: {
        description: 'It was made',
        body: writtenSchema,
        headers: FRESH_HEADERS,
        example: { ...EXAMPLE_WRITTEN, outcome: 'created' as const },
      },
    },
    idempotent: true,
    errors: ['not_found', 'conflict', 'unavailable', 'too_many_requests'],
    exampleParams: { objectType: 'contacts' },
    example: {
      body: { idProperty: 'email', properties: { email: 'ada@example.com', firstname: 'Ada' } },
    },
    async run(deps: WritesDependencies, caller, { params, query, body }) {
      const of = await objectOf(deps, caller.workspaceId, { ...params, portalId: query.portalId });
      const { properties } = body;
      const by = ownKey(of.objectType, properties);
      if (body.idProperty === undefined && by === undefined) {
        const once = caller.once ?? (await caller.onceAnyway?.());
        if (!once) throw new AppError('internal', 'The request has no key');
        const made = await createOnce(deps, once, of, properties);
        crashPoint('writes.create.answered');
        const answer = answered(of, made);
        return answerOnceDone(deps, { ...caller, once }, { status: 201 as const, ...answer });
      }
      const write: RecordWrite =
        body.idProperty === undefined
          ? { do: 'create', ...(by && { by }), properties }
          : { do: 'upsert', by: keyIn(body.idProperty, properties, ''), properties };
      const answer = await written(deps, of, write);
      const status = answer.body.outcome === 'created' ? (201 as const) : (200 as const);
      return answerOnceDone(deps, caller, { status, ...answer });
    },
  }),

  defineOperation({
    ...the,
    id: 'upsertRecords',
    method: 'post',
    path: '/api/objects/{objectType}/batch/upsert',
    summary: 'Change up to 100 records, or make them',
    description:
      'A result for each, in the order of `records`; one that is refused fails alone. With `idProperty`, `id` is the value of that property, and a record that is not there is made; without it, `id` is the id of a record that has to be there. The same record twice ends as the later one says.',
    input: {
      params: z.strictObject(type),
      query: portal,
      body: z.strictObject({
        idProperty: idProperty.optional(),
        records: shortList(z.strictObject({ id: keySchema, properties: propertiesSchema }), MOST),
      }),
    },
    answers: {
      200: {
        description: 'What became of each',
        body: writtenRowsSchema,
        example: { results: [{ index: 0, status: 'done' as const, ...EXAMPLE_WRITTEN }], failed: 0 },
      },
    },
    idempotent: true,
    errors: ['not_found', 'conflict', 'unavailable', 'too_many_requests'],
    exampleParams: { objectType: 'contacts' },
    example: {
      body: {
        idProperty: 'email',
        records: [{ id: 'ada@example.com', properties: { firstname: 'Ada' } }],
      },
    },
    async run(deps: WritesDependencies, caller, { params, query, body }) {
      const of = await objectOf(deps, caller.workspaceId, { ...params, portalId: query.portalId });
      const rows = body.records.map(({ id, properties }, n): RecordWrite => {
        if (body.idProperty !== undefined)
          return { do: 'upsert', by: { property: body.idProperty, value: id }, properties };
        return { do: 'update', id: recordIdIn(id, n), properties };
      });
      const results = await submitted(deps, of, rows);
      const answer = {
        status: 200 as const,
        body: {
          results: results.map((result, n) => rowAnswer(of, n, result)),
          failed: results.filter(({ state }) => state === 'failed').length,
        },
      };
      return results.every(isSettled) ? answerOnceDone(deps, caller, answer) : answer;
    },
  }),

  defineOperation({
    ...the,
    id: 'updateRecord',
    method: 'patch',
    path: '/api/objects/{objectType}/{recordId}',
    summary: 'Change a record',
    description:
      'The properties that are named; the others stay. Changes that come at the same time share calls to HubSpot.',
    input: {
      params: z.strictObject({ ...type, recordId: recordIdSchema }),
      query: portal,
      body: z.strictObject({ properties: propertiesSchema }),
    },
    answers: {
      200: {
        description: 'The record, as HubSpot answered',
        body: writtenSchema,
        headers: FRESH_HEADERS,
        example: EXAMPLE_WRITTEN,
      },
    },
    errors: ['not_found', 'conflict', 'unavailable', 'too_many_requests'],
    exampleParams: { objectType: 'contacts', recordId: '51' },
    example: { body: { properties: { firstname: 'Ada' } } },
    async run(deps: WritesDependencies, caller, { params, query, body }) {
      const { recordId: id, objectType } = params;
      const of = await objectOf(deps, caller.workspaceId, { objectType, portalId: query.portalId });
      const answer = await written(deps, of, { do: 'update', id, properties: body.properties });
      return { status: 200, ...answer };
    },
  }),
] as const;

function recordIdIn(id: string, n: number): string {
  const parsed = recordIdSchema.safeParse(id);
  if (parsed.success) return parsed.data;
  throw new AppError('invalid_input', `records.${n}.id must be the id of a record`, {
    fields: [{ path: `records.${n}.id`, message: 'must be the id of a record, or name an idProperty' }],
  });
}

/** A repeat would end the same. */
function isSettled(result: WriteResult): boolean {
  return result.state === 'done' || result.failure.class === 'permanent';
}
