import { z } from 'zod';
import { listOutboxPortals, pauseOutbox } from '../../db/outbox/portals.js';
import { outboxStats } from '../../db/outbox/stats.js';
import { forWorkspace } from '../../db/tenant.js';
import { FALLBACK_REASONS } from '../../domain/outbox/customEvents.js';
import type { Config } from '../../platform/config/config.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { inAuditedTransaction } from '../http/auditRequest.js';
import { notFound, portalIdSchema, textSchema } from '../http/input.js';
import { defineOperation, type Caller } from '../http/operation.js';
import { refuseUnknownPortal } from '../portals/refuseUnknownPortal.js';
import type { CaptureDependencies } from './captureEvents.js';
import { EXAMPLE_OUTBOX_PORTAL, outboxPortalSchema } from './outboxAnswers.js';
import { workspaceLimits } from './portalLimits.js';

type Dependencies = Pick<
  CaptureDependencies,
  'pool' | 'portalResolver' | 'wakeDeliveries' | 'logger' | 'registry' | 'settings'
> & { readonly config: Pick<Config, 'HUBSPOT_ENABLED' | 'HUBSPOT_SEND_LIVE'> };

const limitedTypeSchema = z
  .strictObject({
    type: z.string(),
    customEvent: z.string(),
    why: z.enum(FALLBACK_REASONS),
    hasFallback: z.boolean().meta({
      description: 'False: an event of it waits where `why` is `undefined`, and else ends as a dead letter',
    }),
  })
  .meta({ id: 'LimitedEventType' });
const statsSchema = z
  .strictObject({
    mode: z.enum(['live', 'dry', 'off']),
    unprocessed: z.number().int(),
    oldestMs: z.number().nullable(),
    retrying: z.number().int(),
    held: z.number().int(),
    dead: z.number().int(),
    invalid: z.number().int(),
    processedLastMinute: z.number().int(),
    fallbacksLastMinute: z.number().int(),
    failedByClass: z.record(z.string(), z.number().int()),
    portals: z.array(
      outboxPortalSchema
        .extend({
          limitedTypes: z
            .array(limitedTypeSchema)
            .meta({ description: 'Types that the portal does not take as they are declared' }),
        })
        .meta({ id: 'OutboxPortalStats' }),
    ),
  })
  .meta({ id: 'OutboxStats' });

const ofOne = { params: z.strictObject({ portalId: portalIdSchema }) };
const the = { tag: 'Events', scopes: ['outbox'], resource: 'portal' } as const;
const answersPortal = {
  200: { description: "The portal's outbox", body: outboxPortalSchema, example: EXAMPLE_OUTBOX_PORTAL },
};

/** How the outbox stands, and an operator's hand on the deliveries of a portal. */
export const OUTBOX_PORTAL_OPERATIONS = [
  defineOperation({
    ...the,
    id: 'showOutboxStats',
    method: 'get',
    path: '/api/outbox/stats',
    summary: 'Show how the outbox stands',
    input: { query: z.strictObject({ portalId: portalIdSchema.optional() }) },
    answers: {
      200: {
        description: 'Of the workspace, or of one portal',
        body: statsSchema,
        example: {
          ...{ mode: 'live', unprocessed: 0, oldestMs: null, retrying: 0, held: 0, dead: 0, invalid: 0 },
          ...{ processedLastMinute: 12, fallbacksLastMinute: 0, failedByClass: {} },
          portals: [{ ...EXAMPLE_OUTBOX_PORTAL, limitedTypes: [] }],
        },
      },
    },
    errors: ['not_found'],
    async run(
      { pool, registry, settings, config }: Dependencies,
      { workspaceId },
      { query: { portalId = null } },
    ) {
      const mode = config.HUBSPOT_ENABLED ? (config.HUBSPOT_SEND_LIVE ? 'live' : 'dry') : 'off';
      const db = forWorkspace(pool, workspaceId);
      const stats = await outboxStats(db, workspaceId, portalId);
      const portals = await listOutboxPortals(db, workspaceId, portalId);
      await refuseUnknownPortal(pool, workspaceId, portals, portalId);
      const limits = await workspaceLimits({ pool, registry, settings }, workspaceId, portalId);
      return {
        status: 200,
        body: {
          mode,
          ...stats,
          portals: portals.map((one) => ({ ...one, limitedTypes: limits.get(one.portalId) ?? [] })),
        },
      };
    },
  }),

  defineOperation({
    ...the,
    id: 'pauseOutbox',
    method: 'post',
    path: '/api/outbox/portals/{portalId}/pause',
    summary: 'Hold the deliveries of a portal',
    description: 'What is being sent is finished; events are captured all the same.',
    input: {
      ...ofOne,
      body: z.strictObject({ reason: textSchema(500).nullable().default(null) }).meta({ id: 'OutboxPause' }),
    },
    answers: answersPortal,
    errors: ['not_found'],
    example: { body: { reason: 'HubSpot is being migrated' } },
    async run(deps: Dependencies, caller, { params, body: { reason } }) {
      return { status: 200, body: await change(deps, caller, params.portalId, 'outbox.pause', { reason }) };
    },
  }),

  defineOperation({
    ...the,
    id: 'resumeOutbox',
    method: 'post',
    path: '/api/outbox/portals/{portalId}/resume',
    summary: 'Let the deliveries of a portal go on',
    input: ofOne,
    answers: answersPortal,
    errors: ['not_found'],
    async run(deps: Dependencies, caller, { params: { portalId } }) {
      const portal = await change(deps, caller, portalId, 'outbox.resume', null);
      crashPoint('outbox.resume.committed');
      await deps.wakeDeliveries([{ workspaceId: caller.workspaceId, portalId, invalid: null }]);
      return { status: 200, body: portal };
    },
  }),
] as const;

async function change(
  { pool, portalResolver, logger }: Dependencies,
  caller: Caller,
  portalId: number,
  operation: 'outbox.pause' | 'outbox.resume',
  pause: { reason: string | null } | null,
) {
  const { workspaceId } = caller;
  const entry = await portalResolver.find(portalId);
  if (entry?.workspaceId !== workspaceId) throw notFound(the.resource);
  await inAuditedTransaction({ pool, logger }, caller, async (client, note) => {
    await pauseOutbox(client, { workspaceId, portalId }, pause);
    note(operation, { portalId });
  });
  const [portal] = await listOutboxPortals(forWorkspace(pool, workspaceId), workspaceId, portalId);
  if (!portal) throw notFound(the.resource);
  return portal;
}
