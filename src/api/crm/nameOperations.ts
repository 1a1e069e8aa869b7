import { z } from 'zod';
import { listOwners, listPipelines } from '../../db/crm/reference.js';
import type { Pool } from '../../db/pool.js';
import { forWorkspace } from '../../db/tenant.js';
import { readText } from '../../domain/crm/storedText.js';
import { pageOf, time } from '../http/answers.js';
import { idSchema, pageQuery, portalIdSchema, textSchema } from '../http/input.js';
import { defineOperation } from '../http/operation.js';
import { readPage } from '../http/page.js';
import { namedOrOnlyPortal } from '../portals/namedOrOnlyPortal.js';
import { refuseUnknownPortal } from '../portals/refuseUnknownPortal.js';
import { namedTypeSchema, objectNamed } from './namedType.js';

interface Dependencies {
  readonly pool: Pool;
}

const ownerSchema = z
  .strictObject({
    id: z.string().meta({ description: 'As in `hubspot_owner_id` of records' }),
    userId: z.string().nullable(),
    email: z.string().nullable(),
    firstName: z.string().nullable(),
    lastName: z.string().nullable(),
    archived: z.boolean(),
    readAt: time,
  })
  .meta({ id: 'CrmOwner' });
const EXAMPLE_OWNER = {
  ...{
    id: '1167000001',
    userId: '61480101',
    email: 'ada@example.com',
    firstName: 'Ada',
    lastName: 'Lovelace',
  },
  ...{ archived: false, readAt: '2027-01-01T09:00:00.000Z' },
};

const placed = { id: z.string(), label: z.string(), displayOrder: z.number().int(), archived: z.boolean() };
const pipelineSchema = z
  .strictObject({
    ...placed,
    stages: z.array(
      z.strictObject({
        ...placed,
        metadata: z
          .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
          .meta({ description: 'What HubSpot says of it: whether it ends a deal, how likely it is won' }),
      }),
    ),
    readAt: time,
  })
  .meta({ id: 'CrmPipeline' });
const EXAMPLE_PIPELINE = {
  ...{ id: 'default', label: 'Sales', displayOrder: 0, archived: false, readAt: '2027-01-01T09:00:00.000Z' },
  stages: [
    {
      ...{ id: 'closedwon', label: 'Won', displayOrder: 5, archived: false },
      metadata: { isClosed: 'true', probability: '1.0' },
    },
  ],
};

const the = { tag: 'Records', scopes: ['crm'], resource: 'record' } as const;
const portal = portalIdSchema.optional();

/** What the ids of owners, pipelines and stages in records are called. */
export const NAME_OPERATIONS = [
  defineOperation({
    ...the,
    id: 'listOwners',
    method: 'get',
    path: '/api/owners',
    summary: 'List the owners of records',
    description: 'With those that are archived; read once an hour while a type of the portal is mirrored.',
    input: { query: z.strictObject({ portalId: portal, ...pageQuery(idSchema) }) },
    answers: {
      200: {
        description: 'A page of owners',
        body: pageOf(ownerSchema).meta({ id: 'CrmOwnerPage' }),
        example: { items: [EXAMPLE_OWNER], next: null },
      },
    },
    errors: ['not_found'],
    async run({ pool }: Dependencies, { workspaceId }, { query }) {
      const portalId = await namedOrOnlyPortal(pool, workspaceId, query.portalId, 'portalId');
      const db = forWorkspace(pool, workspaceId);
      const { items, next } = await readPage(
        query.limit,
        (max) => listOwners(db, { workspaceId, portalId }, { after: query.after, limit: max }),
        ({ id }) => id,
      );
      await refuseUnknownPortal(pool, workspaceId, items, portalId);
      return { status: 200, body: { items: items.map(readable), next } };
    },
  }),

  defineOperation({
    ...the,
    id: 'listPipelines',
    method: 'get',
    path: '/api/pipelines/{objectType}',
    summary: 'List the pipelines of a type, with their stages',
    description: 'Of deals, tickets and custom objects; read once an hour while the type is mirrored.',
    input: {
      params: z.strictObject({ objectType: namedTypeSchema }),
      query: z.strictObject({ portalId: portal, ...pageQuery(textSchema(300)) }),
    },
    answers: {
      200: {
        description: 'A page of pipelines',
        body: pageOf(pipelineSchema).meta({ id: 'CrmPipelinePage' }),
        example: { items: [EXAMPLE_PIPELINE], next: null },
      },
    },
    errors: ['not_found'],
    exampleParams: { objectType: 'deals' },
    async run({ pool }: Dependencies, { workspaceId }, { params, query }) {
      const portalId = await namedOrOnlyPortal(pool, workspaceId, query.portalId, 'portalId');
      const db = forWorkspace(pool, workspaceId);
      const of = await objectNamed(pool, workspaceId, { portalId, ...params });
      const { items, next } = await readPage(
        query.limit,
        (max) => listPipelines(db, of, { after: query.after, limit: max }),
        ({ id }) => id,
      );
      await refuseUnknownPortal(pool, workspaceId, items, portalId);
      return { status: 200, body: { items: items.map(readable), next } };
    },
  }),
] as const;

/** All text in it as HubSpot had it. */
function readable<T>(value: T): T {
  if (typeof value === 'string') return readText(value) as T;
  if (value instanceof Date || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(readable) as T;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [readText(name), readable(one)])) as T;
}
