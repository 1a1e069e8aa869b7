import { z } from 'zod';
import { findSync, listSyncs } from '../../db/sync/views.js';
import type { Pool, Queryable } from '../../db/pool.js';
import { findPortalView } from '../../db/portals/portalViews.js';
import { forWorkspace } from '../../db/tenant.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { AppError } from '../../platform/errors.js';
import { eachAlone } from '../../platform/eachAlone.js';
import type { Logger } from '../../platform/logger.js';
import type { SyncStarter } from '../../temporal/sync/starter.js';
import { notMirrored } from '../crm/mirroredTypes.js';
import { objectTypePathSchema, refuseUnknownType } from '../crm/recordAnswers.js';
import { pageOf } from '../http/answers.js';
import { inAuditedTransaction } from '../http/auditRequest.js';
import { notFound, pageQuery, portalIdSchema } from '../http/input.js';
import { defineOperation } from '../http/operation.js';
import { readPage } from '../http/page.js';
import { refuseUnknownPortal } from '../portals/refuseUnknownPortal.js';
import { EXAMPLE_SYNC, portalsSchema, syncCursorSchema, syncSchema } from './syncAnswers.js';
import { applyChange, syncChangeSchema } from './syncChange.js';

export interface SyncOperationDependencies {
  readonly pool: Pool;
  readonly temporal: SyncStarter;
  readonly logger: Logger;
}

const the = { tag: 'Records', scopes: ['crm'], resource: 'sync' } as const;
const ofOne = { params: z.strictObject({ portalId: portalIdSchema, objectType: objectTypePathSchema }) };
const exampleParams = { portalId: '41000009', objectType: 'contacts' };
const answersSync = { 200: { description: 'How it stands', body: syncSchema, example: EXAMPLE_SYNC } };

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
        portalId: portalsSchema.optional(),
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
      { pool }: SyncOperationDependencies,
      { workspaceId },
      { query: { portalId: portalIds = [], after, limit } },
    ) {
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
        for (const portal of portalIds) {
          const found = items.filter((one) => one.portalId === portal);
          await refuseUnknownPortal(pool, workspaceId, found, portal);
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
    async run(
      { pool }: SyncOperationDependencies,
      { workspaceId },
      { params: { portalId: portal, objectType } },
    ) {
      refuseUnknownType(objectType);
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
      '`start` begins with all records of the type, and follows what changes from then on; where it is mirrored already, it goes on. Nothing of it is written after a `pause` was answered. `resync` reads records again beside what changes (`all`, those modified `since` a time, or those of these `ids`): what the mirror has right is left as it is. `cancel_resync` ends that.',
    input: {
      ...ofOne,
      body: syncChangeSchema,
    },
    answers: answersSync,
    errors: ['not_found', 'conflict'],
    exampleParams,
    example: { body: { action: 'start' } },
    async run(deps: SyncOperationDependencies, caller, { params, body: asked }) {
      const { action } = asked;
      const { temporal, logger } = deps;
      const { workspaceId } = caller;
      const object = { workspaceId, portalId: params.portalId, objectType: params.objectType };
      refuseUnknownType(object.objectType);
      const changed = await inAuditedTransaction(deps, caller, async (client, note) => {
        const known = await findSync(client, workspaceId, object.portalId, object.objectType);
        if (!known || action !== 'pause') await refusePortal(client, object.portalId);
        if (!known && action !== 'start') throw notMirrored(object.portalId, object.objectType);
        await applyChange(client, object, asked, known);
        note(`sync.${action}`, { portalId: object.portalId, objectType: object.objectType });
        return findSync(client, workspaceId, object.portalId, object.objectType);
      });
      if (!changed) throw notFound(the.resource);
      if (action !== 'pause') {
        crashPoint('sync.start.committed');
        // A worker starts it within seconds where Temporal is away.
        const { failures } = await eachAlone([object], 'start of a sync', (one) =>
          temporal.startSync(one).then(() => 1),
        );
        for (const error of failures) logger.warn('A sync is started by a worker, within seconds', { error });
      }
      return { status: 200, body: changed };
    },
  }),
] as const;

/** Only what is connected is read. */
async function refusePortal(db: Queryable, portal: number): Promise<void> {
  const found = await findPortalView(db, portal);
  if (!found) throw notFound(`portal ${portal}`);
  if (found.state === 'disconnecting' || found.state === 'disconnected')
    throw new AppError('conflict', `Portal ${portal} is ${found.state}: connect it first`);
}
