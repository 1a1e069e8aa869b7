import { Router, type Request } from 'express';
import { z } from 'zod';
import type { Config } from '../../../platform/config/config.js';
import { beginDisconnect } from '../../../db/portals/disconnectPortal.js';
import { findPortalSettings, setFeatures } from '../../../db/portals/portalSettings.js';
import { forWorkspace } from '../../../db/tenant.js';
import { AppError } from '../../../platform/errors.js';
import { FEATURES } from '../../../domain/portals/features.js';
import { crashPoint } from '../../../platform/crashPoint.js';
import type { Logger } from '../../../platform/logger.js';
import { disconnectWorkflowId } from '../../../temporal/portals/contract.js';
import { actorOf, callerOf, inAuditedTransaction } from '../../http/auditRequest.js';
import { apiKeyOf, requireScope } from '../../http/authenticate.js';
import { invalidInput, notFound, parseInput, portalIdSchema, shortList } from '../../http/input.js';
import { namedOrOnlyPortal } from '../namedOrOnlyPortal.js';
import { limitsOf, type PortalNotes } from '../portalNotes.js';
import { describeSettings } from './describeSettings.js';
import { readClaimCode } from './claimCode.js';
import {
  installLinkUrl,
  makeClaimedLink,
  makeInstallLink,
  type LinkPlan,
  type NewLink,
} from './installLink.js';
import type { RedirectDependencies } from './redirectToHubSpot.js';
import type { StartPortalWorkflow } from '../startPortalWorkflow.js';
import { wantsJson } from './wantsJson.js';
import { allowedReturnTo } from './returnTo.js';

/** How long a link is good for: long enough to be opened and to start again, or to be handed to a customer. */
const LINK_MINUTES = { usual: 60, max: 24 * 60 };

const features = shortList(z.enum(FEATURES), 20);
const linkSchema = z.strictObject({
  portalId: portalIdSchema.optional(),
  returnTo: z.string().max(2000).optional(),
  features: features.optional(),
  validForMinutes: z.number().int().min(1).max(LINK_MINUTES.max).default(LINK_MINUTES.usual),
});
const authSchema = linkSchema.omit({ validForMinutes: true }).extend({
  features: z
    .string()
    .transform((text) => text.split(/[\s,]+/))
    .pipe(z.array(z.enum(FEATURES)).min(1))
    .optional(),
});
/** May be left out where the workspace has one portal. */
const portalQuery = z.strictObject({ portalId: portalIdSchema.optional() });
const disconnectSchema = portalQuery.extend({ uninstall: z.boolean().default(false) });
const claimSchema = z.strictObject({ code: z.string().min(1).max(4000), features: features.optional() });
const NO_CLAIM = 'is not complete, was not made here, or names no account';
const settingsSchema = z
  .strictObject({
    throttle: z.boolean().optional(),
    sync: z.boolean().optional(),
    events: z.boolean().optional(),
  })
  .refine((body) => Object.keys(body).length > 0, 'Say what to switch: throttle, sync or events');

interface Dependencies extends RedirectDependencies {
  readonly config: RedirectDependencies['config'] &
    Pick<Config, 'INSTALL_RETURN_ORIGINS' | 'HUBSPOT_CLIENT_SECRET'>;
  readonly logger: Logger;
  readonly startDisconnect: StartPortalWorkflow;
  readonly notes: readonly PortalNotes[];
}

/** What a workspace does with its portals' installs, by its API key. */
export function manageRouter(deps: Dependencies): Router {
  const { pool, config, logger } = deps;
  const router = Router();

  router.get('/auth', requireScope('portals:write'), async (request, response) => {
    const plan = linkPlan(parseInput(authSchema, request.query), apiKeyOf(request), actorOf(request));
    const { link, token } = await makeLink(request, plan);
    if (wantsJson(request)) response.json(toJson(link, token));
    else response.set('Cache-Control', 'no-store').redirect(303, installLinkUrl(config, token));
  });

  router.post('/links', requireScope('portals:write'), async (request, response) => {
    const plan = linkPlan(parseInput(linkSchema, request.body), apiKeyOf(request), actorOf(request));
    const { link, token } = await makeLink(request, plan);
    response.status(201).json(toJson(link, token));
  });

  router.post('/claims', requireScope('portals:write'), async (request, response) => {
    const { code, features: wanted = null } = parseInput(claimSchema, request.body);
    const claim = readClaimCode(config, code);
    if (!claim) throw invalidInput([{ path: 'code', message: NO_CLAIM }]);
    const { portalId, hubDomain, returnUrl } = claim;
    const { workspaceId } = apiKeyOf(request);
    const plan = {
      ...{ workspaceId, expectedPortalId: portalId, returnTo: returnUrl, features: wanted },
      ...{ actor: actorOf(request), validForMs: LINK_MINUTES.max * 60_000 },
    };
    const made = await inAuditedTransaction({ pool, logger }, callerOf(request), async (client, note) => {
      const link = await makeClaimedLink(client, plan, claim);
      if (link) note('portal.claim', subjectOf(plan, link.link.id));
      return link;
    });
    if (!made) throw new AppError('conflict', 'This claim code has been used, or is more than a day old');
    response.status(201).json({ ...toJson(made.link, made.token), portalId, hubDomain });
  });

  router.post('/disconnect', requireScope('portals:write'), async (request, response) => {
    const { portalId: named, uninstall } = parseInput(disconnectSchema, request.body);
    const { workspaceId } = apiKeyOf(request);
    const portalId = await namedOrOnlyPortal(pool, workspaceId, named, 'portalId');
    const begun = await inAuditedTransaction({ pool, logger }, callerOf(request), (client, note) =>
      beginDisconnect(client, note, portalId, { uninstall }),
    );
    if (!begun) throw notFound('portal');
    const { state, epoch } = begun;
    if (state === 'disconnected') {
      response.json({ portalId, state, workflowId: null });
      return;
    }
    crashPoint('portals.disconnect.committed');
    await deps.startDisconnect({ portalId, workspaceId, epoch });
    response.status(202).json({ portalId, state, workflowId: disconnectWorkflowId(portalId, epoch) });
  });

  router.get('/config', requireScope('portals:read'), async (request, response) => {
    const { portalId: named } = parseInput(portalQuery, request.query);
    const { workspaceId } = apiKeyOf(request);
    const portalId = await namedOrOnlyPortal(pool, workspaceId, named, 'portalId');
    response.json(await settingsOf(workspaceId, portalId));
  });

  router.put('/config', requireScope('portals:write'), async (request, response) => {
    const { portalId: named } = parseInput(portalQuery, request.query);
    const change = parseInput(settingsSchema, request.body);
    const { workspaceId } = apiKeyOf(request);
    const portalId = await namedOrOnlyPortal(pool, workspaceId, named, 'portalId');
    await inAuditedTransaction({ pool, logger }, callerOf(request), async (client, note) => {
      if (!(await setFeatures(client, portalId, change))) throw notFound('portal');
      note('portal.configure', { portalId, ...change });
    });
    response.json(await settingsOf(workspaceId, portalId));
  });

  return router;

  function linkPlan(
    input: Omit<z.infer<typeof linkSchema>, 'validForMinutes'> & { validForMinutes?: number },
    { workspaceId }: { workspaceId: string },
    actor: string,
  ): LinkPlan {
    const { portalId = null, returnTo = null, validForMinutes = LINK_MINUTES.usual } = input;
    if (returnTo !== null && !allowedReturnTo(returnTo, config)) {
      const message = 'must be a URL of an origin that INSTALL_RETURN_ORIGINS lists';
      throw invalidInput([{ path: 'returnTo', message }]);
    }
    return {
      workspaceId,
      expectedPortalId: portalId,
      returnTo,
      features: input.features ?? null,
      actor,
      validForMs: validForMinutes * 60_000,
    };
  }

  function makeLink(request: Request, plan: LinkPlan): Promise<NewLink> {
    return inAuditedTransaction({ pool, logger }, callerOf(request), async (client, note) => {
      const made = await makeInstallLink(client, plan);
      note('portal.link', subjectOf(plan, made.link.id));
      return made;
    });
  }

  function toJson(link: { id: string; expiresAt: Date }, token: string) {
    return { id: link.id, url: installLinkUrl(config, token), expiresAt: link.expiresAt };
  }

  async function settingsOf(workspaceId: string, portalId: number) {
    const portal = await findPortalSettings(forWorkspace(pool, workspaceId), portalId);
    if (!portal) throw notFound('portal');
    const switchedOn = FEATURES.filter((feature) => portal[`${feature}Enabled`]);
    const limitedTypes = await limitsOf(deps.notes, { workspaceId, portalId }, switchedOn);
    return { ...describeSettings(portal), limitedTypes };
  }
}

function subjectOf({ expectedPortalId, features: wanted }: LinkPlan, linkId: string) {
  return { linkId, portalId: expectedPortalId ?? undefined, ...(wanted && { features: wanted }) };
}
