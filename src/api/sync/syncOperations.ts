import { z } from 'zod';
import { findSync, listSyncs } from '../../db/sync/views.js';
import { forWorkspace } from '../../db/tenant.js';
import { notMirrored } from '../crm/mirroredTypes.js';
import { pageOf } from '../http/answers.js';
import { invalidInput, pageQuery, portalIdSchema } from '../http/input.js';
import { defineOperation } from '../http/operation.js';
import { readPage } from '../http/page.js';
import { refuseUnknownPortal } from '../portals/refuseUnknownPortal.js';
import { EXAMPLE_SYNC, portalsSchema, syncCursorSchema, syncSchema } from './syncAnswers.js';
import { changeMirror, type SyncDependencies } from './changeMirror.js';
import { estimateStart, loadEstimateSchema, type EstimateDependencies } from './loadEstimate.js';
import { syncChangeSchema } from './syncChange.js';
import { namedTypeSchema, objectNamed, typesNamed } from '../crm/namedType.js';

type Dependencies = SyncDependencies & EstimateDependencies;

const the = { tag: 'Records', scopes: ['crm'], resource: 'sync' } as const;
const ofOne = { params: z.strictObject({ portalId: portalIdSchema, objectType: namedTypeSchema }) };
const exampleParams = { portalId: '41000009', objectType: 'contacts' };
const answersSync = { 200: { description: 'How it stands', body: syncSchema, example: EXAMPLE_SYNC } };
const answersChange = {
  200: {
    description: 'How it stands; of a dry run what it would come to',
    body: z.union([syncSchema, loadEstimateSchema]),
    example: EXAMPLE_SYNC,
  },
};

/** What is named among the associations of a start, by types as they are stored. */
const associationsOf = async (
  pool: Dependencies['pool'],
  of: { readonly workspaceId: string; readonly portalId: number },
  { associations }: { readonly associations?: readonly string[] | null | undefined },
) => associations && typesNamed(pool, of, associations, 'associations');

/** What of which portals is mirrored, and an operator's hand on it. */
export const SYNC_OPERATIONS = [
  defineOperation({
    ...the,
    id: 'listSyncs',
    method: 'get',
    path: '/api/sync',
    summary: 'List what is mirrored',
    input: {
      query: z.strictObject({
        portalId: portalIdSchema.optional(),
        portalIds: portalsSchema.optional(),
        ...pageQuery(syncCursorSchema),
      }),
    },
    answers: {
      200: {
        description: 'A page of what is mirrored',
        body: pageOf(syncSchema).meta({ id: 'SyncPage' }),
        example: { items: [EXAMPLE_SYNC], next: null },
      },
    },
    errors: ['not_found'],
    async run(
      { pool }: Dependencies,
      { workspaceId },
      { query: { portalId: portal, portalIds: several = [], after, limit } },
    ) {
      const portalIds = portal === undefined ? several : [...several, portal];
      const { items, next } = await readPage(
        limit,
        (max) =>
          listSyncs(pool, workspaceId, {
            ...{ portalIds: portalIds.length === 0 ? undefined : portalIds, after, limit: max },
          }),
        (last) => `${last.portalId}/${last.objectType}`,
      );
      // What has a page before this one, or after it, is known.
      if (after === undefined && next === null)
        for (const named of portalIds) {
          const found = items.filter((one) => one.portalId === named);
          await refuseUnknownPortal(pool, workspaceId, found, named);
        }
      return { status: 200, body: { items, next } };
    },
  }),

  defineOperation({
    ...the,
    id: 'showSync',
    method: 'get',
    path: '/api/sync/{portalId}/{objectType}',
    summary: 'Show how the mirror of a type stands',
    input: ofOne,
    answers: answersSync,
    errors: ['not_found'],
    exampleParams,
    async run({ pool }: Dependencies, { workspaceId }, { params }) {
      const { portalId: portal, objectType } = await objectNamed(pool, workspaceId, params);
      const found = await findSync(forWorkspace(pool, workspaceId), workspaceId, portal, objectType);
      if (found) return { status: 200, body: found };
      await refuseUnknownPortal(pool, workspaceId, [], portal);
      throw notMirrored(portal, objectType);
    },
  }),

  defineOperation({
    ...the,
    id: 'changeSync',
    method: 'post',
    path: '/api/sync/{portalId}/{objectType}',
    summary: 'Start, pause, resume or read again the mirror of a type',
    description:
      '`start` begins with all records of the type, and follows what changes from then on; where it is mirrored already, it goes on. Nothing of it is written after a `pause` was answered. `resync` reads records again beside what changes (`all`, those modified `since` a time, or those of these `ids`): what the mirror has right is left as it is. `cancel_resync` ends that. `release_deletes` tells of deletes that are held, `refuse_deletes` leaves those records in the mirror. `settle_erasures` says that a person has looked at the contacts of `erasuresUnsure`. `start` with `dryRun` says what the first load would come to, and starts nothing.',
    input: {
      ...ofOne,
      body: syncChangeSchema,
    },
    answers: answersChange,
    errors: ['not_found', 'conflict', 'too_many_requests', 'unavailable'],
    exampleParams,
    example: { body: { action: 'start' } },
    async run(deps: Dependencies, caller, { params, body: asked }) {
      const object = await objectNamed(deps.pool, caller.workspaceId, params);
      if (asked.dryRun && asked.action !== 'start')
        throw invalidInput([{ path: 'dryRun', message: 'a start alone has a dry run' }]);
      if (asked.dryRun)
        return {
          status: 200,
          body: await estimateStart(deps, caller, object, await associationsOf(deps.pool, object, asked)),
        };
      return { status: 200, body: await changeMirror(deps, caller, object, asked) };
    },
  }),
] as const;
