import { z } from 'zod';
import { pauseSync, startSync } from '../../db/sync/changeSync.js';
import { findSync, listSyncs } from '../../db/sync/views.js';
import type { Pool, Queryable } from '../../db/pool.js';
import { findPortalView } from '../../db/portals/portalViews.js';
import { forWorkspace } from '../../db/tenant.js';
import { isObjectType } from '../../domain/crm/objectType.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { AppError } from '../../platform/errors.js';
import { eachAlone } from '../../platform/eachAlone.js';
import type { Logger } from '../../platform/logger.js';
import type { SyncStarter } from '../../temporal/sync/starter.js';
import { notMirrored } from '../crm/mirroredTypes.js';
import { objectTypePathSchema, objectTypeSchema, refuseUnknownType } from '../crm/recordAnswers.js';
import { pageOf, portalId, time } from '../http/answers.js';
import { inAuditedTransaction } from '../http/auditRequest.js';
import { notFound, pageQuery, portalIdSchema, textSchema } from '../http/input.js';
import { defineOperation } from '../http/operation.js';
import { readPage } from '../http/page.js';
import { refuseUnknownPortal } from '../portals/refuseUnknownPortal.js';

interface Dependencies {
  readonly pool: Pool;
  readonly temporal: SyncStarter;
  readonly logger: Logger;
}

const count = z.number().int();
const syncSchema = z
  .strictObject({
    portalId,
    objectType: objectTypeSchema,
    state: z.enum(['loading', 'following', 'paused', 'ended']).meta({
      description:
        '`loading`: all records are read for the first time; `following`: what changes is read; `ended`: the portal was disconnected, and the mirror is removed 30 days later',
    }),
    reading: z.boolean().meta({ description: 'It is being read at this moment' }),
    records: count.meta({ description: 'Records in the mirror that are not in the recycle bin' }),
    loaded: count.meta({ description: 'Records that the first load has read' }),
    startedAt: time,
    loadedAt: time.nullable(),
    freshUntil: time
      .nullable()
      .meta({ description: "What changed before this moment of HubSpot's clock is in the mirror" }),
    nextReadAt: time.nullable(),
    pause: z.strictObject({ at: time, reason: z.string().nullable() }).nullable(),
    failure: z
      .strictObject({ class: z.string(), message: z.string(), inARow: count })
      .nullable()
      .meta({ description: 'Why it could not be read last' }),
  })
  .meta({ id: 'Sync' });
const EXAMPLE = {
  ...{ portalId: 41_000_009, objectType: 'contacts', state: 'following', reading: false },
  ...{
    records: 5000,
    loaded: 5000,
    startedAt: '2027-01-01T09:00:00.000Z',
    loadedAt: '2027-01-01T09:10:00.000Z',
  },
  ...{
    freshUntil: '2027-01-01T09:28:00.000Z',
    nextReadAt: '2027-01-01T09:31:00.000Z',
    pause: null,
    failure: null,
  },
};

/** `portal/type`, as `next` says it. */
const cursorSchema = z
  .string()
  .transform((text) => ({ portalId: Number(text.split('/')[0]), objectType: text.split('/')[1] ?? '' }))
  .refine(
    ({ portalId: portal, objectType }) =>
      Number.isSafeInteger(portal) && portal > 0 && isObjectType(objectType),
    'must be the `next` of the page before',
  )
  .meta({ override: { type: 'string', pattern: '^[1-9][0-9]{0,14}/[a-z0-9-]+$' } });

const the = { tag: 'Records', scopes: ['crm'], resource: 'sync' } as const;
const ofOne = { params: z.strictObject({ portalId: portalIdSchema, objectType: objectTypePathSchema }) };
const exampleParams = { portalId: '41000009', objectType: 'contacts' };
const answersSync = { 200: { description: 'How it stands', body: syncSchema, example: EXAMPLE } };

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
        ...pageQuery(cursorSchema),
      }),
    },
    answers: {
      200: {
        description: 'A page of what is mirrored',
        body: pageOf(syncSchema).meta({ id: 'SyncPage' }),
        example: { items: [EXAMPLE], next: null },
      },
    },
    errors: ['not_found'],
    async run({ pool }: Dependencies, { workspaceId }, { query: { portalId: portal, after, limit } }) {
      const { items, next } = await readPage(
        limit,
        (max) => listSyncs(pool, workspaceId, { portalId: portal, after, limit: max }),
        (last) => `${last.portalId}/${last.objectType}`,
      );
      await refuseUnknownPortal(pool, workspaceId, items, portal);
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
    async run({ pool }: Dependencies, { workspaceId }, { params: { portalId: portal, objectType } }) {
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
    summary: 'Start, pause or resume the mirror of a type',
    description:
      '`start` begins with all records of the type, and follows what changes from then on; where it is mirrored already, it goes on. Nothing of it is written after a `pause` was answered.',
    input: {
      ...ofOne,
      body: z
        .strictObject({
          action: z.enum(['start', 'pause', 'resume']),
          reason: textSchema(500).nullable().default(null),
        })
        .meta({ id: 'SyncChange' }),
    },
    answers: answersSync,
    errors: ['not_found', 'conflict'],
    exampleParams,
    example: { body: { action: 'start' } },
    async run(deps: Dependencies, caller, { params, body: { action, reason } }) {
      const { temporal, logger } = deps;
      const { workspaceId } = caller;
      const object = { workspaceId, portalId: params.portalId, objectType: params.objectType };
      refuseUnknownType(object.objectType);
      const changed = await inAuditedTransaction(deps, caller, async (client, note) => {
        const known = await findSync(client, workspaceId, object.portalId, object.objectType);
        if (!known || action !== 'pause') await refusePortal(client, object.portalId);
        if (!known && action !== 'start') throw notMirrored(object.portalId, object.objectType);
        if (action === 'pause') await pauseSync(client, object, reason);
        else await startSync(client, object);
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
