import { z } from 'zod';
import { findRecord, listRecords } from '../../db/crm/records.js';
import type { Pool } from '../../db/pool.js';
import { pageOf } from '../http/answers.js';
import { notFound, pageQuery, portalIdSchema } from '../http/input.js';
import { defineOperation } from '../http/operation.js';
import { namedOrOnlyPortal } from '../portals/namedOrOnlyPortal.js';
import { mirrorOf, type FindMirror } from './mirroredTypes.js';
import {
  EXAMPLE_RECORD,
  objectTypePathSchema,
  recordAnswer,
  recordIdSchema,
  recordSchema,
  refuseUnknownType,
} from './recordAnswers.js';

interface Dependencies {
  readonly pool: Pool;
  readonly findMirror: FindMirror;
}

const the = { tag: 'Records', scopes: ['crm'], resource: 'record' } as const;
const portal = portalIdSchema.optional();

/** The records of portals, as the mirror has them. */
export const RECORD_OPERATIONS = [
  defineOperation({
    ...the,
    id: 'listRecords',
    method: 'get',
    path: '/api/objects/{objectType}',
    summary: 'List the records of one type',
    description:
      'Of the mirror, in the order of their ids. `portalId` may be left out where the workspace has one portal. What is mirrored, and how fresh it is: `GET /api/sync`.',
    input: {
      params: z.strictObject({ objectType: objectTypePathSchema }),
      query: z.strictObject({
        portalId: portal,
        ...pageQuery(recordIdSchema, 100),
      }),
    },
    answers: {
      200: {
        description: 'A page of records',
        body: pageOf(recordSchema).meta({ id: 'CrmRecordPage' }),
        example: { items: [EXAMPLE_RECORD], next: null },
      },
    },
    errors: ['not_found'],
    exampleParams: { objectType: 'contacts' },
    async run({ pool, findMirror }: Dependencies, { workspaceId }, { params, query }) {
      refuseUnknownType(params.objectType);
      const portalId = await namedOrOnlyPortal(pool, workspaceId, query.portalId, 'portalId');
      const of = { workspaceId, portalId, objectType: params.objectType };
      await mirrorOf({ pool, findMirror }, of);
      const { records, more } = await listRecords(pool, of, { after: query.after, limit: query.limit });
      const next = more ? (records.at(-1)?.id ?? null) : null;
      return { status: 200, body: { items: records.map(recordAnswer), next } };
    },
  }),

  defineOperation({
    ...the,
    id: 'showRecord',
    method: 'get',
    path: '/api/objects/{objectType}/{recordId}',
    summary: 'Show a record',
    input: {
      params: z.strictObject({ objectType: objectTypePathSchema, recordId: recordIdSchema }),
      query: z.strictObject({ portalId: portal }),
    },
    answers: { 200: { description: 'The record', body: recordSchema, example: EXAMPLE_RECORD } },
    errors: ['not_found'],
    exampleParams: { objectType: 'contacts', recordId: '51' },
    async run({ pool, findMirror }: Dependencies, { workspaceId }, { params, query }) {
      refuseUnknownType(params.objectType);
      const portalId = await namedOrOnlyPortal(pool, workspaceId, query.portalId, 'portalId');
      const of = { workspaceId, portalId, objectType: params.objectType };
      await mirrorOf({ pool, findMirror }, of);
      const found = await findRecord(pool, of, params.recordId);
      if (!found) throw notFound(the.resource);
      return { status: 200, body: recordAnswer(found) };
    },
  }),
] as const;
