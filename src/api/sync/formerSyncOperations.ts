import { z } from 'zod';
import { listSyncs, type SyncView } from '../../db/sync/views.js';
import { objectTypeSchema } from '../crm/recordAnswers.js';
import { portalId, time } from '../http/answers.js';
import { portalIdSchema } from '../http/input.js';
import { defineOperation } from '../http/operation.js';
import { namedOrOnlyPortal } from '../portals/namedOrOnlyPortal.js';
import { refuseUnknownPortal } from '../portals/refuseUnknownPortal.js';
import { changeMirror, type SyncDependencies } from './changeMirror.js';

/*
 * What the former two-way integration answered under its own paths, for programs that ask there: its paths and its
 * three words for how a sync stands. Others ask /api/sync.
 */

const the = { tag: 'Records', scopes: ['crm'], resource: 'portal' } as const;
const MOST_TYPES = 200;

const statusSchema = z
  .strictObject({
    objectType: objectTypeSchema,
    status: z.enum(['pending', 'synced', 'error']).meta({
      description:
        '`pending`: not all is read yet; `synced`: what changes is followed; `error`: it cannot be read, or is paused',
    }),
    recordsSynced: z.number().int(),
    lastSyncAt: time.nullable().meta({ description: 'Up to when the mirror has what HubSpot has' }),
    error: z.string().nullable(),
  })
  .meta({ id: 'FormerSyncStatus' });
const EXAMPLE = {
  ...{ objectType: 'contacts', status: 'synced', recordsSynced: 5000 },
  ...{ lastSyncAt: '2027-01-01T09:28:00.000Z', error: null },
};

const named = { portalId: portalIdSchema.optional() };

/** The paths of the former integration. */
export const FORMER_SYNC_OPERATIONS = [
  defineOperation({
    ...the,
    id: 'syncContacts',
    method: 'post',
    path: '/api/integrations/hubspot/sync/contacts',
    summary: 'Mirror the contacts of a portal, or read at once what has changed',
    description:
      'For programs that asked the former integration. `portalId`, in the query or the body, may be left out where the workspace has one connected portal.',
    input: { query: z.strictObject(named), body: z.strictObject(named).default({}) },
    answers: {
      200: {
        description: 'It is read at once',
        body: z
          .strictObject({ success: z.literal(true), portalId, ...statusSchema.shape })
          .meta({ id: 'ContactsSync' }),
        example: { success: true, portalId: 41_000_009, ...EXAMPLE },
      },
    },
    errors: ['not_found', 'conflict'],
    example: { body: { portalId: 41_000_009 } },
    async run(deps: SyncDependencies, caller, { query, body }) {
      const given = query.portalId ?? body.portalId;
      const portal = await namedOrOnlyPortal(deps.pool, caller.workspaceId, given, 'portalId');
      const object = { portalId: portal, objectType: 'contacts' };
      const begun = await changeMirror(deps, caller, object, {
        action: 'start',
        dryRun: false,
        reason: null,
      });
      return { status: 200, body: { success: true, portalId: portal, ...statusOf(begun) } };
    },
  }),

  defineOperation({
    ...the,
    id: 'showSyncStatus',
    method: 'get',
    path: '/api/integrations/hubspot/sync/status',
    summary: 'Show how the mirror of a portal stands, in the words of the former integration',
    input: { query: z.strictObject(named) },
    answers: {
      200: {
        description: 'Its types',
        body: z.strictObject({ portalId, syncs: z.array(statusSchema) }).meta({ id: 'SyncStatus' }),
        example: { portalId: 41_000_009, syncs: [EXAMPLE] },
      },
    },
    errors: ['not_found'],
    async run({ pool }: SyncDependencies, { workspaceId }, { query }) {
      const portal = await namedOrOnlyPortal(pool, workspaceId, query.portalId, 'portalId');
      const found = await listSyncs(pool, workspaceId, { portalIds: [portal], limit: MOST_TYPES });
      await refuseUnknownPortal(pool, workspaceId, found, portal);
      return { status: 200, body: { portalId: portal, syncs: found.map(statusOf) } };
    },
  }),
] as const;

function statusOf({ objectType, state, records, freshUntil, pause, failure }: SyncView) {
  const error = pause?.reason ?? failure?.message ?? null;
  const isHeldUp = state === 'paused' || state === 'ended' || failure !== null;
  const status = isHeldUp
    ? ('error' as const)
    : state === 'loading'
      ? ('pending' as const)
      : ('synced' as const);
  return {
    objectType,
    status,
    recordsSynced: records,
    lastSyncAt: freshUntil,
    error: isHeldUp ? (error ?? `It is ${state}`) : null,
  };
}
