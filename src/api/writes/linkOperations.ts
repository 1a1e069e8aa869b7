import { z } from 'zod';
import { ASSOCIATION_CATEGORIES } from '../../domain/hubspot/associationCategories.js';
import { writeFreshness } from '../../domain/crm/freshness.js';
import { deleteRecord } from '../../services/writes/deleteRecord.js';
import { linkRecords, unlinkRecords, type Linked, type Pair } from '../../services/writes/links.js';
import { namedTypeSchema } from '../crm/namedType.js';
import { recordIdSchema } from '../crm/recordAnswers.js';
import { portalIdSchema, shortList } from '../http/input.js';
import { defineOperation } from '../http/operation.js';
import { FRESH_HEADER, FRESH_HEADERS } from './writeAnswers.js';
import { errorOf } from './writeFailure.js';
import { asked, objectOf, otherTypeOf, type WritesDependencies } from './writeThrough.js';

const the = { tag: 'Records', scopes: ['crm'], resource: 'record' } as const;
const errors = ['not_found', 'conflict', 'unavailable', 'too_many_requests'] as const;
const portal = z.strictObject({ portalId: portalIdSchema.optional() });

const category = z.enum(ASSOCIATION_CATEGORIES);
const typeId = z.number().int().min(1).max(2_147_483_647);
const MOST_LABELS = 20;

const params = z.strictObject({
  objectType: namedTypeSchema,
  recordId: recordIdSchema,
  toType: namedTypeSchema,
  toId: recordIdSchema,
});
const PATH = '/api/objects/{objectType}/{recordId}/associations/{toType}/{toId}';
const exampleParams = { objectType: 'contacts', recordId: '51', toType: 'companies', toId: '61' };

const linkSchema = z
  .strictObject({
    types: z
      .array(z.strictObject({ category: z.string(), typeId: z.number().int(), label: z.string().nullable() }))
      .meta({ description: 'All that stand between the two now, as HubSpot shows them' }),
  })
  .meta({ id: 'RecordLink' });

async function pairOf(
  deps: WritesDependencies,
  workspaceId: string,
  named: z.output<typeof params>,
  portalId: number | undefined,
): Promise<Pair> {
  const of = await objectOf(deps, workspaceId, { objectType: named.objectType, portalId });
  const toType = await otherTypeOf(deps.pool, of, named.toType);
  return { of, id: named.recordId, toType, toId: named.toId };
}

function typesOf(linked: Linked) {
  if (linked.state === 'failed') throw errorOf(linked.failure);
  return { types: linked.types.map((one) => ({ ...one })) };
}

/** Deleting records, and associating them. */
export const LINK_WRITE_OPERATIONS = [
  defineOperation({
    ...the,
    id: 'deleteRecord',
    method: 'delete',
    path: '/api/objects/{objectType}/{recordId}',
    summary: 'Delete a record',
    description:
      'At HubSpot, where it goes to the recycle bin for 90 days, and in the mirror. A record that is not there is answered the same.',
    input: {
      params: z.strictObject({ objectType: namedTypeSchema, recordId: recordIdSchema }),
      query: portal,
    },
    answers: { 204: { description: 'It is deleted', headers: FRESH_HEADERS } },
    errors: [...errors],
    exampleParams: { objectType: 'contacts', recordId: '51' },
    async run(deps: WritesDependencies, { workspaceId }, { params: { objectType, recordId }, query }) {
      const of = await objectOf(deps, workspaceId, { objectType, portalId: query.portalId });
      const deleted = await deleteRecord(deps, of, recordId);
      if (deleted.state === 'failed') throw errorOf(deleted.failure);
      const fresh = writeFreshness({
        ...{ portalId: of.portalId, objectType: of.objectType, recordId },
        ...{ modifiedMs: null, answeredMs: deleted.answeredMs, isGone: true },
      });
      return { status: 204, headers: { [FRESH_HEADER]: fresh } };
    },
  }),

  defineOperation({
    ...the,
    id: 'linkRecord',
    method: 'put',
    path: PATH,
    summary: 'Associate two records',
    description:
      'Labels are added to those that the two have, and none is taken away. Without `labels` they are associated without one.',
    input: {
      params,
      query: portal,
      body: z.strictObject({
        labels: shortList(z.strictObject({ category, typeId }), MOST_LABELS).optional(),
      }),
    },
    answers: {
      200: {
        description: 'They are associated',
        body: linkSchema,
        example: { types: [{ category: 'HUBSPOT_DEFINED', typeId: 279, label: null }] },
      },
    },
    errors: [...errors],
    exampleParams,
    example: { body: { labels: [{ category: 'HUBSPOT_DEFINED', typeId: 1 }] } },
    async run(deps: WritesDependencies, { workspaceId }, { params: named, query, body }) {
      const pair = await pairOf(deps, workspaceId, named, query.portalId);
      const linked = await asked(() => linkRecords(deps, pair, body.labels ?? []));
      return { status: 200, body: typesOf(linked) };
    },
  }),

  defineOperation({
    ...the,
    id: 'unlinkRecord',
    method: 'delete',
    path: PATH,
    summary: 'End the association of two records',
    description: 'Or one label of it, with `category` and `typeId`. What is not there is answered the same.',
    input: {
      params,
      query: z.strictObject({
        portalId: portalIdSchema.optional(),
        category: category.optional(),
        typeId: z.coerce
          .number()
          .pipe(typeId)
          .optional()
          .meta({ override: { type: 'integer', minimum: 1, maximum: 2_147_483_647 } }),
      }),
    },
    answers: {
      200: { description: 'What is left between them', body: linkSchema, example: { types: [] } },
    },
    errors: [...errors],
    exampleParams,
    async run(deps: WritesDependencies, { workspaceId }, { params: named, query }) {
      const pair = await pairOf(deps, workspaceId, named, query.portalId);
      const { category: of, typeId: id } = query;
      const labels = id === undefined ? [] : [{ category: of ?? 'HUBSPOT_DEFINED', typeId: id }];
      return { status: 200, body: typesOf(await asked(() => unlinkRecords(deps, pair, labels))) };
    },
  }),
] as const;
