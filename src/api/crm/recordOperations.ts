import { z } from 'zod';
import { findRecords } from '../../db/crm/foundRecords.js';
import { findRecord, type RecordsOf } from '../../db/crm/records.js';
import type { Pool } from '../../db/pool.js';
import { forWorkspace } from '../../db/tenant.js';
import { readFreshness, type FreshVersion } from '../../domain/crm/freshness.js';
import { writePlace } from '../../domain/crm/recordQuery.js';
import { pageOf } from '../http/answers.js';
import { ifNoneMatchHeaders, tagged } from '../http/entityTag.js';
import { invalidInput, notFound, pageQuery, portalIdSchema } from '../http/input.js';
import { defineOperation } from '../http/operation.js';
import { namedOrOnlyPortal } from '../portals/namedOrOnlyPortal.js';
import { associationsSchema, withAssociations } from './expandAssociations.js';
import type { FreshRecords } from './freshRecords.js';
import { mirrorOf, type FindMirror, type MirrorState } from './mirroredTypes.js';
import { EXAMPLE_RECORD, recordAnswer, recordIdSchema, recordSchema } from './recordAnswers.js';
import { RECORD_QUERY, recordQueryOf } from './recordQueryInput.js';
import { namedTypeSchema, objectNamed } from './namedType.js';

interface Dependencies {
  readonly pool: Pool;
  readonly findMirror: FindMirror;
  readonly fresh: FreshRecords;
}

const the = { tag: 'Records', scopes: ['crm'], resource: 'record' } as const;
const portal = portalIdSchema.optional();

/** Named by what is answered with them. */
const HEADERS = {
  etag: 'Names what is answered: send it as `If-None-Match`, and the same is answered by 304 without a body',
  'x-data-age':
    'How many seconds ago the mirror had what HubSpot had; `loading` while the type is read for the first time',
} as const;
/** What a write has answered. */
const FRESH = 'x-sluice-fresh';
const MOST_FRESH = 20;
const READ_HEADERS = ifNoneMatchHeaders.extend({
  [FRESH]: z
    .string()
    .max(4000)
    .optional()
    .meta({
      description: `What writes have answered under this name, ${MOST_FRESH} at most with commas between them: what is shown is no older. The mirror is waited for, 5 seconds at most; then HubSpot is asked`,
    }),
});

/** Those of this type; what is about another one has no bearing on it. */
function versionsIn(of: RecordsOf, header: string | undefined): FreshVersion[] {
  const texts = header?.split(',').map((text) => text.trim()) ?? [];
  const versions = texts.map(readFreshness);
  if (texts.length > MOST_FRESH || versions.includes(undefined))
    throw invalidInput([
      { path: FRESH, message: `must be what writes have answered, ${MOST_FRESH} of them at most` },
    ]);
  return versions.flatMap((one) =>
    one?.portalId === of.portalId && one.objectType === of.objectType ? [one] : [],
  );
}

const NOT_MODIFIED = { description: 'What `If-None-Match` names holds still', headers: HEADERS } as const;

const freshness = ({ ageSeconds }: MirrorState): Record<string, string> => ({
  'x-data-age': ageSeconds === null ? 'loading' : String(Math.max(0, Math.round(ageSeconds))),
});

/** The records of portals, as the mirror has them. */
export const RECORD_OPERATIONS = [
  defineOperation({
    ...the,
    id: 'listRecords',
    method: 'get',
    path: '/api/objects/{objectType}',
    summary: 'List the records of one type',
    description:
      'Of the mirror, in the order of their ids unless `sort` says otherwise. `filter` and `sort` name declared properties (`GET /api/objects/{objectType}/declared`). A page may have fewer records than were asked for, and even none, and all the same a `next`: it looks at so many records at most. `portalId` may be left out where the workspace has one portal. What is mirrored, and how fresh it is: `GET /api/sync`.',
    input: {
      params: z.strictObject({ objectType: namedTypeSchema }),
      query: z.strictObject({
        portalId: portal,
        ...RECORD_QUERY,
        associations: associationsSchema,
        ...pageQuery(z.string(), 100),
      }),
      headers: READ_HEADERS,
    },
    answers: {
      200: {
        description: 'A page of records',
        body: pageOf(recordSchema).meta({ id: 'CrmRecordPage' }),
        headers: HEADERS,
        example: { items: [EXAMPLE_RECORD], next: null },
      },
      304: NOT_MODIFIED,
    },
    errors: ['not_found', 'conflict'],
    exampleParams: { objectType: 'contacts' },
    async run({ pool, findMirror, fresh }: Dependencies, { workspaceId }, { params, query, headers }) {
      const portalId = await namedOrOnlyPortal(pool, workspaceId, query.portalId, 'portalId');
      const of = await objectNamed(pool, workspaceId, { portalId, objectType: params.objectType });
      const mirror = await mirrorOf({ pool, findMirror }, of);
      await fresh.reached(of, versionsIn(of, headers[FRESH]));
      const page = await pageAsked(pool, of, query);
      const items = await withAssociations(pool, of, page.items, query.associations);
      const body = { items, next: page.next };
      return tagged(headers['if-none-match'], body, freshness(mirror));
    },
  }),

  defineOperation({
    ...the,
    id: 'showRecord',
    method: 'get',
    path: '/api/objects/{objectType}/{recordId}',
    summary: 'Show a record',
    description:
      'The id of a record that was merged into another one leads to that one, whose `id` is answered.',
    input: {
      params: z.strictObject({ objectType: namedTypeSchema, recordId: recordIdSchema }),
      query: z.strictObject({
        portalId: portal,
        archived: RECORD_QUERY.archived,
        associations: associationsSchema,
      }),
      headers: READ_HEADERS,
    },
    answers: {
      200: { description: 'The record', body: recordSchema, headers: HEADERS, example: EXAMPLE_RECORD },
      304: NOT_MODIFIED,
    },
    errors: ['not_found'],
    exampleParams: { objectType: 'contacts', recordId: '51' },
    async run({ pool, findMirror, fresh }: Dependencies, { workspaceId }, { params, query, headers }) {
      const portalId = await namedOrOnlyPortal(pool, workspaceId, query.portalId, 'portalId');
      const of = await objectNamed(pool, workspaceId, { portalId, objectType: params.objectType });
      const versions = versionsIn(of, headers[FRESH]);
      if (versions.length > 0 && !(await fresh.reached(of, versions))) {
        const shown = await fresh.fromHubSpot(of, params.recordId);
        if (!shown) throw notFound(the.resource);
        return tagged(headers['if-none-match'], shown, { 'x-data-age': '0' });
      }
      const mirror = await mirrorOf({ pool, findMirror }, of);
      const found = await findRecord(pool, of, { id: params.recordId, isArchived: query.archived });
      if (!found) throw notFound(the.resource);
      const [record] = await withAssociations(pool, of, [recordAnswer(found)], query.associations);
      if (!record) throw notFound(the.resource);
      return tagged(headers['if-none-match'], record, freshness(mirror));
    },
  }),
] as const;

async function pageAsked(pool: Pool, of: RecordsOf, asked: Parameters<typeof recordQueryOf>[2]) {
  const query = await recordQueryOf(forWorkspace(pool, of.workspaceId), of, asked);
  const { records, next } = await findRecords(pool, of, query);
  const isLed = query.sort !== undefined || query.conditions.length > 0;
  return { items: records.map(recordAnswer), next: next ? (isLed ? writePlace(next) : next.id) : null };
}
