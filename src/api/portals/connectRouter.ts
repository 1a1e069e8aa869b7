import { Router } from 'express';
import { z } from 'zod';
import type { Pool } from '../../db/pool.js';
import { connectPortal, PORTALS_FULL, type ConnectedPortal } from '../../db/portals/connectPortal.js';
import { accessTokenContext } from '../../secrets/encryptionContext.js';
import { isTimeZone } from '../../hubspot/gateway/accountInfo.js';
import type { ProveToken } from '../../hubspot/gateway/proveToken.js';
import type { Config } from '../../platform/config/config.js';
import type { Sealing } from '../../secrets/sealing.js';
import { crashPoint } from '../../platform/crashPoint.js';
import type { Logger } from '../../platform/logger.js';
import { AppError } from '../../platform/errors.js';
import { Secret } from '../../platform/secret.js';
import { callerOf, inAuditedTransaction } from '../http/auditRequest.js';
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
  readonly proveToken: ProveToken;
  readonly config: Pick<Config, 'PORTALS_PER_WORKSPACE'>;
}

/** Connects a portal by a private app's token, which HubSpot is asked about before anything is stored. */
export function connectRouter(deps: Dependencies): Router {
  const { pool, sealing, logger, startInstall, proveToken, config } = deps;
  const router = Router();

  router.post('/', requireScope('portals:write'), async (request, response) => {
    const { accessToken, ...portal } = parseInput(connectSchema, request.body);
    const { workspaceId } = apiKeyOf(request);
    const { portalId } = portal;
    const account = await proveToken(portalId, accessToken);
    crashPoint('portals.connect.proved');
    const accessTokenSealed = await sealing.seal(accessToken, accessTokenContext(workspaceId, portalId));
    const connection = {
      ...portal,
      timeZone: account.timeZone ?? portal.timeZone,
      workspaceId,
      auth: 'private_app',
      accessTokenSealed,
      verified: true,
    } as const;
    const result = await inAuditedTransaction({ pool, logger }, callerOf(request), (client, note) =>
      connectPortal(client, note, connection, { maxPortals: config.PORTALS_PER_WORKSPACE }),
    );
    if (result.kind !== 'connected') throw REFUSALS[result.kind]();
    crashPoint('portals.connect.committed');
    await startInstall({ portalId, workspaceId, epoch: result.portal.epoch });
    response.status(201).json(toJson(result.portal));
  });

  return router;
}

/** The messages do not reveal whether the portal is known here. */
const REFUSALS = {
  held: () =>
    new AppError(
      'conflict',
      'This portal cannot be connected here: install the app in it by a link, or ask support to move it.',
    ),
  full: () => new AppError('conflict', PORTALS_FULL),
  disconnecting: () =>
    new AppError('conflict', 'This portal is just being disconnected. Try again in a few minutes.'),
};

function toJson({ workspaceId: _, epoch: __, created: ___, switchedOn: ____, ...portal }: ConnectedPortal) {
  return portal;
}
