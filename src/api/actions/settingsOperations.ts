import { z } from 'zod';
import type { Pool } from '../../db/pool.js';
import { findPortalView } from '../../db/portals/portalViews.js';
import { forWorkspace } from '../../db/tenant.js';
import type { Logger } from '../../platform/logger.js';
import type { ActionsByName } from '../../sdk/actions/action.js';
import type { Sealing } from '../../secrets/sealing.js';
import { openSettings } from '../../services/actions/portalSettings.js';
import { ETAG, ifMatchHeaders } from '../http/entityTag.js';
import { notFound, portalIdSchema } from '../http/input.js';
import { defineOperation } from '../http/operation.js';
import { changeSettings, takeSettingsAway } from './changeSettings.js';
import {
  EXAMPLE_PORTAL_SETTINGS,
  portalSettingsAnswer,
  portalSettingsSchema,
  portalSettingsTag,
} from './settingsAnswers.js';

interface Dependencies {
  readonly pool: Pool;
  readonly logger: Logger;
  readonly sealing: Sealing;
  readonly actions: ActionsByName;
}

const MAX_VALUE = 10_000;
const MAX_CHANGES = 100;

const changeSchema = z
  .strictObject({
    values: z
      .record(
        z.string().max(64),
        z.union(
          [z.string().max(MAX_VALUE), z.number(), z.boolean(), z.null()],
          `must be a text of at most ${MAX_VALUE} characters, a number, true, false or null`,
        ),
      )
      .refine((values) => Object.keys(values).length > 0, 'names nothing to change')
      .refine(
        (values) => Object.keys(values).length <= MAX_CHANGES,
        `names more than ${MAX_CHANGES} settings`,
      )
      .meta({ description: 'By the names of fields; null takes a value away' }),
  })
  .meta({ id: 'ActionSettingsChange' });

const ofOne = { params: z.strictObject({ portalId: portalIdSchema }) };
const the = { tag: 'Portals', resource: 'portal' } as const;
const exampleParams = { portalId: String(EXAMPLE_PORTAL_SETTINGS.portalId) };
const answersSettings = {
  200: {
    description: 'What is set',
    headers: ETAG,
    body: portalSettingsSchema,
    example: EXAMPLE_PORTAL_SETTINGS,
  },
};

/** What portals set for actions of one's own. */
export const PORTAL_SETTINGS_OPERATIONS = [
  defineOperation({
    ...the,
    exampleParams,
    id: 'showActionSettings',
    method: 'get',
    path: '/api/portals/{portalId}/settings',
    scopes: ['portals:read'],
    summary: 'Show what a portal has set for actions',
    description:
      'The fields are those of the `settings` of all actions in `sluice.config.ts`. What is secret is told to be set, and never shown.',
    input: ofOne,
    answers: answersSettings,
    errors: ['not_found'],
    async run(deps: Dependencies, { workspaceId }, { params: { portalId } }) {
      return shown(deps, workspaceId, portalId);
    },
  }),

  defineOperation({
    ...the,
    exampleParams,
    id: 'changeActionSettings',
    method: 'patch',
    path: '/api/portals/{portalId}/settings',
    scopes: ['portals:write'],
    summary: 'Set what actions need of a portal',
    description:
      'What is not named stays as it is. Handlers see it within ten seconds; runs that wait for it are tried again at their next try.',
    input: { ...ofOne, headers: ifMatchHeaders, body: changeSchema },
    answers: answersSettings,
    errors: ['not_found', 'conflict', 'precondition_failed'],
    example: { body: { values: { region: 'us' } } },
    async run(deps: Dependencies, caller, { params: { portalId }, headers, body: { values } }) {
      await refuseUnknown(deps.pool, caller.workspaceId, portalId);
      await changeSettings(deps, caller, { portalId, values, ifMatch: headers['if-match'] });
      return shown(deps, caller.workspaceId, portalId);
    },
  }),

  defineOperation({
    ...the,
    exampleParams,
    id: 'deleteActionSettings',
    method: 'delete',
    path: '/api/portals/{portalId}/settings',
    scopes: ['portals:write'],
    summary: 'Take all settings of a portal away',
    description: 'Disconnecting the portal does so as well.',
    input: { ...ofOne, headers: ifMatchHeaders },
    answers: { 204: { description: 'Nothing is set any more' } },
    errors: ['not_found', 'conflict', 'precondition_failed'],
    async run(deps: Dependencies, caller, { params: { portalId }, headers }) {
      await refuseUnknown(deps.pool, caller.workspaceId, portalId);
      await takeSettingsAway(deps, caller, { portalId, ifMatch: headers['if-match'] });
      return { status: 204 };
    },
  }),
] as const;

async function refuseUnknown(pool: Pool, workspaceId: string, portalId: number): Promise<void> {
  if (!(await findPortalView(forWorkspace(pool, workspaceId), portalId))) throw notFound(the.resource);
}

async function shown(deps: Dependencies, workspaceId: string, portalId: number) {
  await refuseUnknown(deps.pool, workspaceId, portalId);
  const opened = await openSettings(deps, { workspaceId, portalId });
  return {
    status: 200 as const,
    headers: { etag: portalSettingsTag(opened) },
    body: portalSettingsAnswer(deps.actions, portalId, opened),
  };
}
