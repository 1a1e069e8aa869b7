import { z } from 'zod';
import { listRecords, pageOfRecords } from '../../db/crm/records.js';
import type { Pool } from '../../db/pool.js';
import { invalidInput, limitSchema, portalIdSchema } from '../http/input.js';
import { defineOperation } from '../http/operation.js';
import { namedOrOnlyPortal } from '../portals/namedOrOnlyPortal.js';
import { mirrorOf, type FindMirror } from './mirroredTypes.js';
import { EXAMPLE_RECORD, recordAnswer, recordIdSchema, recordSchema } from './recordAnswers.js';
import { namedTypeSchema, objectNamed } from './namedType.js';

/*
 * What the former integration of HubSpot's records answered under /objects, for programs that ask there: its paths,
 * names and defaults. Others ask GET /api/objects/{objectType}.
 */

interface Dependencies {
  readonly pool: Pool;
  readonly findMirror: FindMirror;
}

const MOST = 100;
const USUAL = 20;
/** What stands before a page is walked over, row by row. */
const MOST_BEFORE = 100_000;
const BY_CURSOR = 'GET /objects/local-cursor?limit=100&after=<id>';

const count = z.number().int();
const the = { tag: 'Records', scopes: ['crm'], resource: 'record', method: 'get' } as const;
const of = {
  portalId: portalIdSchema.optional(),
  objectType: namedTypeSchema.default('contacts'),
};
const limit = limitSchema(MOST, USUAL);
const results = z.array(recordSchema);

/** The paths of the former integration. */
export const LOCAL_RECORD_OPERATIONS = [
  defineOperation({
    ...the,
    id: 'showLocalRecords',
    path: '/objects/local',
    summary: 'A numbered page of records',
    description: `For programs that asked the former integration. A page with more than ${MOST_BEFORE} records before it is refused: \`${BY_CURSOR}\` costs the same wherever it stands.`,
    input: {
      query: z.strictObject({
        ...of,
        page: z.coerce
          .number('must be a whole number from 1 on')
          .int('must be a whole number from 1 on')
          .min(1, 'must be a whole number from 1 on')
          .default(1)
          .meta({
            description: 'Counted from 1',
            override: { type: 'integer', minimum: 1, default: 1 },
          }),
        limit,
      }),
    },
    answers: {
      200: {
        description: 'The page',
        body: z
          .strictObject({ page: count, limit: count, total_pages: count, total_records: count, results })
          .meta({ id: 'LocalRecordPage' }),
        example: { page: 1, limit: 20, total_pages: 1, total_records: 1, results: [EXAMPLE_RECORD] },
      },
    },
    errors: ['not_found'],
    async run({ pool, findMirror }: Dependencies, { workspaceId }, { query }) {
      const before = (query.page - 1) * query.limit;
      if (before > MOST_BEFORE)
        throw invalidInput([
          {
            path: 'page',
            message: `has more than ${MOST_BEFORE} records before it: ask ${BY_CURSOR}, which costs the same wherever it stands`,
          },
        ]);
      const portalId = await namedOrOnlyPortal(pool, workspaceId, query.portalId, 'portalId');
      const object = await objectNamed(pool, workspaceId, { portalId, objectType: query.objectType });
      const { records: total } = await mirrorOf({ pool, findMirror }, object);
      const { records, more } = await pageOfRecords(pool, object, { before, limit: query.limit });
      if (more)
        throw invalidInput([
          {
            path: 'limit',
            message: `the records of this page are too large for one answer: ask for fewer than ${query.limit}, or ${BY_CURSOR}`,
          },
        ]);
      return {
        status: 200,
        body: {
          page: query.page,
          limit: query.limit,
          total_pages: Math.ceil(total / query.limit),
          total_records: total,
          results: records.map(recordAnswer),
        },
      };
    },
  }),

  defineOperation({
    ...the,
    id: 'showLocalRecordsAfter',
    path: '/objects/local-cursor',
    summary: 'The records after one',
    description:
      'For programs that asked the former integration: records by their ids, `next_after` is the `after` of the next call.',
    input: { query: z.strictObject({ ...of, limit, after: recordIdSchema.optional() }) },
    answers: {
      200: {
        description: 'The records that follow',
        body: z
          .strictObject({
            results,
            next_after: recordIdSchema.nullable().meta({ description: 'Null: these were the last' }),
          })
          .meta({ id: 'LocalRecordsAfter' }),
        example: { results: [EXAMPLE_RECORD], next_after: null },
      },
    },
    errors: ['not_found'],
    async run({ pool, findMirror }: Dependencies, { workspaceId }, { query }) {
      const portalId = await namedOrOnlyPortal(pool, workspaceId, query.portalId, 'portalId');
      const object = await objectNamed(pool, workspaceId, { portalId, objectType: query.objectType });
      await mirrorOf({ pool, findMirror }, object);
      const { records, more } = await listRecords(pool, object, { after: query.after, limit: query.limit });
      const next = more ? (records.at(-1)?.id ?? null) : null;
      return { status: 200, body: { results: records.map(recordAnswer), next_after: next } };
    },
  }),
] as const;
