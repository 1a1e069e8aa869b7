import { Router } from 'express';
import { z } from 'zod';
import type { Pool } from '../../db/pool.js';
import { connectPortal, type Portal } from '../../db/portals/connectPortal.js';
import { accessTokenContext } from '../../secrets/encryptionContext.js';
import { inWorkspace } from '../../db/tenant.js';
import { isTimeZone } from '../../hubspot/gateway/timeZone.js';
import type { Sealing } from '../../secrets/sealing.js';
import type { Logger } from '../../platform/logger.js';
import { Secret } from '../../platform/secret.js';
import { auditRequest } from '../http/auditRequest.js';
import { apiKeyOf, requireScope } from '../http/authenticate.js';
import { parseInput, portalIdSchema, textSchema } from '../http/input.js';
import type { StartPortalWorkflow } from './startPortalWorkflow.js';

const connectSchema = z.strictObject({
  portalId: portalIdSchema,
  accessToken: z
    .string()
    .regex(/^[\x21-\x7e]{8,2048}$/, 'must be a token of 8 to 2048 characters without spaces')
    .transform((token) => new Secret(token)),
  name: textSchema(200).optional(),
  timeZone: z.string().refine(isTimeZone, 'must be a time zone such as Europe/Dublin').optional(),
});

interface Dependencies {
  readonly pool: Pool;
  readonly sealing: Sealing;
  readonly logger: Logger;
  readonly startInstall: StartPortalWorkflow;
}

export function portalsRouter({ pool, sealing, logger, startInstall }: Dependencies): Router {
  const router = Router();

  router.post('/', requireScope('portals:write'), async (request, response) => {
    const { accessToken, ...portal } = parseInput(connectSchema, request.body);
    const { workspaceId } = apiKeyOf(request);
    const { portalId } = portal;
    const accessTokenSealed = await sealing.seal(accessToken, accessTokenContext(workspaceId, portalId));
    const stored = await inWorkspace(pool, workspaceId, async (client) => {
      const connected = await connectPortal(client, { ...portal, workspaceId, accessTokenSealed });
      const operation = connected.created ? 'portal.connect' : 'portal.reconnect';
      await auditRequest({ db: client, logger }, request, operation, { portalId });
      return connected;
    });
    await startInstall({ portalId, workspaceId, epoch: stored.epoch });
    response.status(201).json(toJson(stored));
  });

  return router;
}

function toJson({ workspaceId: _, ...portal }: Portal & { created?: boolean; epoch?: number }) {
  const { created: __, epoch: ___, ...rest } = portal;
  return rest;
}
