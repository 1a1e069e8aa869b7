import { z } from 'zod';
import { beginDisconnect } from '../../../db/portals/disconnectPortal.js';
import { findPortalSettings, setFeatures } from '../../../db/portals/portalSettings.js';
import type { Pool } from '../../../db/pool.js';
import { forWorkspace } from '../../../db/tenant.js';
import { FEATURES } from '../../../domain/portals/features.js';
import { crashPoint } from '../../../platform/crashPoint.js';
import type { Logger } from '../../../platform/logger.js';
import { disconnectWorkflowId } from '../../../temporal/portals/contract.js';
import { portalId as answeredPortalId } from '../../http/answers.js';
import { inAuditedTransaction } from '../../http/auditRequest.js';
import { notFound, portalIdSchema } from '../../http/input.js';
import { defineOperation } from '../../http/operation.js';
import { namedOrOnlyPortal } from '../namedOrOnlyPortal.js';
import { limitsOf, type PortalNotes } from '../portalNotes.js';
import type { StartPortalWorkflow } from '../startPortalWorkflow.js';
import { describeSettings } from './describeSettings.js';
import { EXAMPLE_SETTINGS, settingsSchema } from './settingsAnswer.js';

/** May be left out where the workspace has one portal. */
const portalQuery = z.strictObject({ portalId: portalIdSchema.optional() });
const disconnectSchema = portalQuery
  .extend({
    uninstall: z
      .boolean()
      .default(false)
      .meta({ description: 'Whether the app is removed from the HubSpot account, too' }),
  })
  .meta({ id: 'Disconnect' });
const switchesSchema = z
  .strictObject({
    throttle: z.boolean().optional(),
    sync: z.boolean().optional(),
    events: z.boolean().optional(),
  })
  .refine((body) => Object.keys(body).length > 0, 'Say what to switch: throttle, sync or events')
  .meta({ id: 'FeatureSwitches', override: { minProperties: 1 } });

const disconnectingSchema = z
  .strictObject({
    portalId: answeredPortalId,
    state: z.enum(['disconnecting', 'disconnected']),
    workflowId: z.string().nullable().meta({ description: 'Of the workflow that does it' }),
  })
  .meta({ id: 'Disconnecting' });

const ONE_NAMED =
  '`portalId` may be left out where the workspace has one portal that is connected; with several 400 lists them.';
const the = { tag: 'Installs', resource: 'portal' } as const;
const answersSettings = { description: 'The portal', body: settingsSchema, example: EXAMPLE_SETTINGS };

interface Dependencies {
  readonly pool: Pool;
  readonly logger: Logger;
  readonly startDisconnect: StartPortalWorkflow;
  readonly notes: readonly PortalNotes[];
}

/** What a workspace does with the portals that it has. */
export const MANAGE_OPERATIONS = [
  defineOperation({
    ...the,
    id: 'disconnectPortal',
    method: 'post',
    path: '/api/integrations/hubspot/disconnect',
    scopes: ['portals:write'],
    summary: 'Begin to disconnect a portal',
    description: `A workflow does the rest: what waits is ended, and the grant given back. Asked again, it names the same one. ${ONE_NAMED}`,
    input: { body: disconnectSchema },
    answers: {
      200: {
        description: 'It is disconnected already',
        body: disconnectingSchema,
        example: { portalId: 41_000_009, state: 'disconnected', workflowId: null },
      },
      202: {
        description: 'It is being disconnected',
        body: disconnectingSchema,
        example: {
          portalId: 41_000_009,
          state: 'disconnecting',
          workflowId: disconnectWorkflowId(41_000_009, 4),
        },
      },
    },
    errors: ['not_found'],
    example: { body: { portalId: 41_000_009, uninstall: false } },
    async run(deps: Dependencies, caller, { body: { portalId: named, uninstall } }) {
      const { pool, logger, startDisconnect } = deps;
      const { workspaceId } = caller;
      const portalId = await namedOrOnlyPortal(pool, workspaceId, named, 'portalId');
      const begun = await inAuditedTransaction({ pool, logger }, caller, (client, note) =>
        beginDisconnect(client, note, portalId, { uninstall }),
      );
      if (!begun) throw notFound(the.resource);
      const { state, epoch } = begun;
      if (state === 'disconnected') return { status: 200, body: { portalId, state, workflowId: null } };
      crashPoint('portals.disconnect.committed');
      await startDisconnect({ portalId, workspaceId, epoch });
      return {
        status: 202,
        body: { portalId, state, workflowId: disconnectWorkflowId(portalId, epoch) },
      };
    },
  }),

  defineOperation({
    ...the,
    id: 'showPortalSettings',
    method: 'get',
    path: '/api/integrations/hubspot/config',
    scopes: ['portals:read'],
    summary: 'Show all about a portal: its features, its token, what it cannot have',
    description: ONE_NAMED,
    input: { query: portalQuery },
    answers: { 200: answersSettings },
    errors: ['not_found'],
    async run(deps: Dependencies, { workspaceId }, { query }) {
      const portalId = await namedOrOnlyPortal(deps.pool, workspaceId, query.portalId, 'portalId');
      return { status: 200, body: await settingsOf(deps, workspaceId, portalId) };
    },
  }),

  defineOperation({
    ...the,
    id: 'switchFeatures',
    method: 'put',
    path: '/api/integrations/hubspot/config',
    scopes: ['portals:write'],
    summary: 'Switch features of a portal on and off',
    description: `What is switched on and lacks scopes works after the next install, which asks for them. ${ONE_NAMED}`,
    input: { query: portalQuery, body: switchesSchema },
    answers: { 200: answersSettings },
    errors: ['not_found'],
    example: { body: { throttle: true, events: true } },
    async run(deps: Dependencies, caller, { query, body: change }) {
      const { workspaceId } = caller;
      const portalId = await namedOrOnlyPortal(deps.pool, workspaceId, query.portalId, 'portalId');
      await inAuditedTransaction(deps, caller, async (client, note) => {
        if (!(await setFeatures(client, portalId, change))) throw notFound(the.resource);
        note('portal.configure', { portalId, ...change });
      });
      return { status: 200, body: await settingsOf(deps, workspaceId, portalId) };
    },
  }),
] as const;

async function settingsOf(
  { pool, notes }: Pick<Dependencies, 'pool' | 'notes'>,
  workspaceId: string,
  portalId: number,
) {
  const portal = await findPortalSettings(forWorkspace(pool, workspaceId), portalId);
  if (!portal) throw notFound(the.resource);
  const switchedOn = FEATURES.filter((feature) => portal[`${feature}Enabled`]);
  const limitedTypes = await limitsOf(notes, { workspaceId, portalId }, switchedOn);
  return { ...describeSettings(portal), limitedTypes };
}
