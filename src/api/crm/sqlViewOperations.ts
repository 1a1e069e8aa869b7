import { z } from 'zod';
import { dropSqlViews, listSqlViews, makeSqlView } from '../../db/crm/sqlViews.js';
import type { Pool } from '../../db/pool.js';
import { isObjectType } from '../../domain/crm/objectType.js';
import type { Logger } from '../../platform/logger.js';
import { pageOf, portalId, time } from '../http/answers.js';
import { inAuditedTransaction } from '../http/auditRequest.js';
import { notFound, pageQuery, portalIdSchema } from '../http/input.js';
import { defineOperation } from '../http/operation.js';
import { readPage } from '../http/page.js';
import { mirrorOf, type FindMirror } from './mirroredTypes.js';
import { objectTypeSchema } from './recordAnswers.js';
import { namedTypeSchema, objectNamed } from './namedType.js';

interface Dependencies {
  readonly pool: Pool;
  readonly logger: Logger;
  readonly findMirror: FindMirror;
}

const viewSchema = z
  .strictObject({
    portalId,
    objectType: objectTypeSchema,
    name: z.string().meta({ description: 'In the schema `mirror`: `SELECT * FROM mirror.contacts_62515`' }),
    columns: z.number().int(),
    leftOut: z.number().int().meta({
      description: 'Properties without a column of their own, as a view has 1,600: they are in `properties`',
    }),
    madeAt: time,
    waitingSince: time.nullable().meta({
      description: 'Somebody keeps it open: it is made anew by itself when they have ended',
    }),
  })
  .meta({ id: 'SqlView' });
const EXAMPLE = {
  ...{ portalId: 41_000_009, objectType: 'contacts', name: 'contacts_41000009' },
  ...{ columns: 312, leftOut: 0, madeAt: '2027-01-01T09:30:00.000Z' },
  waitingSince: null,
};

/** `portal/type`, as `next` says it. */
const cursorSchema = z
  .string()
  .transform((text) => ({ portalId: Number(text.split('/')[0]), objectType: text.split('/')[1] ?? '' }))
  .refine(
    (one) => Number.isSafeInteger(one.portalId) && one.portalId > 0 && isObjectType(one.objectType),
    'must be the `next` of the page before',
  )
  .meta({ override: { type: 'string', pattern: '^[1-9][0-9]{0,14}/[a-z0-9-]+$' } });

const the = { tag: 'Records', scopes: ['admin'], resource: 'view' } as const;
const ofOne = { params: z.strictObject({ portalId: portalIdSchema, objectType: namedTypeSchema }) };
const exampleParams = { portalId: '41000009', objectType: 'contacts' };

/** Views of the mirror for people who ask in SQL. */
export const SQL_VIEW_OPERATIONS = [
  defineOperation({
    ...the,
    id: 'listSqlViews',
    method: 'get',
    path: '/api/sql-views',
    summary: 'List the views for SQL',
    input: { query: z.strictObject(pageQuery(cursorSchema)) },
    answers: {
      200: {
        description: 'A page of views',
        body: pageOf(viewSchema).meta({ id: 'SqlViewPage' }),
        example: { items: [EXAMPLE], next: null },
      },
    },
    errors: [],
    async run({ pool }: Dependencies, { workspaceId }, { query: { after, limit } }) {
      const page = await readPage(
        limit,
        (max) => listSqlViews(pool, workspaceId, { after, limit: max }),
        (last) => `${last.portalId}/${last.objectType}`,
      );
      return { status: 200, body: page };
    },
  }),

  defineOperation({
    ...the,
    id: 'makeSqlView',
    method: 'put',
    path: '/api/sql-views/{portalId}/{objectType}',
    summary: 'Make the view of a type for SQL',
    description:
      'Of its live records, with a column for each property that HubSpot defines today, of its type; made anew where it is there. One that somebody keeps open stays as it is, and is made anew when they have ended. Who may read it is decided on the database: `npx sluice sql bind`.',
    input: ofOne,
    answers: {
      200: { description: 'The view', body: viewSchema, example: EXAMPLE },
      202: {
        description: 'The view as it is: somebody keeps it open, and it is made anew when they have ended',
        body: viewSchema,
        example: { ...EXAMPLE, waitingSince: '2027-01-02T09:30:00.000Z' },
      },
    },
    errors: ['not_found', 'conflict', 'unavailable'],
    exampleParams,
    async run(deps: Dependencies, caller, { params }) {
      const of = await objectNamed(deps.pool, caller.workspaceId, params);
      await mirrorOf(deps, of);
      const view = await inAuditedTransaction(deps, caller, async (client, note) => {
        note('view.make', { portalId: of.portalId, objectType: of.objectType });
        return makeSqlView(client, of);
      });
      return { status: view.waitingSince === null ? 200 : 202, body: view };
    },
  }),

  defineOperation({
    ...the,
    id: 'dropSqlView',
    method: 'delete',
    path: '/api/sql-views/{portalId}/{objectType}',
    summary: 'Drop the view of a type',
    input: ofOne,
    answers: { 204: { description: 'It is gone' } },
    errors: ['not_found', 'conflict', 'unavailable'],
    exampleParams,
    async run(deps: Dependencies, caller, { params }) {
      const of = await objectNamed(deps.pool, caller.workspaceId, params);
      const dropped = await inAuditedTransaction(deps, caller, async (client, note) => {
        const count = await dropSqlViews(client, of);
        if (count > 0) note('view.drop', { portalId: of.portalId, objectType: of.objectType });
        return count;
      });
      if (dropped === 0) throw notFound(the.resource);
      return { status: 204 };
    },
  }),
] as const;
