import { Router, type Request } from 'express';
import { z } from 'zod';
import { listOutboxPortals, pauseOutbox } from '../../db/outbox/portals.js';
import { forWorkspace } from '../../db/tenant.js';
import { callerOf, inAuditedTransaction } from '../http/auditRequest.js';
import { apiKeyOf, requireScope } from '../http/authenticate.js';
import { notFound, parseInput, textSchema } from '../http/input.js';
import type { CaptureDependencies } from './captureEvents.js';
import { crashPoint } from '../../platform/crashPoint.js';

const pauseSchema = z.strictObject({ reason: textSchema(500).nullable().default(null) });

type Dependencies = Pick<CaptureDependencies, 'pool' | 'portalResolver' | 'wakeDeliveries' | 'logger'>;

/** An operator's hand on the deliveries of a portal. */
export function outboxPortalsRouter({ pool, portalResolver, wakeDeliveries, logger }: Dependencies): Router {
  const router = Router();

  /** What is being sent is finished; events are captured all the same. */
  router.post('/portals/:portalId/pause', requireScope('outbox'), async (request, response) => {
    const { reason } = parseInput(pauseSchema, request.body);
    response.json(await change(request, 'outbox.pause', { reason }));
  });

  router.post('/portals/:portalId/resume', requireScope('outbox'), async (request, response) => {
    const portal = await change(request, 'outbox.resume', null);
    crashPoint('outbox.resume.committed');
    const { workspaceId } = apiKeyOf(request);
    await wakeDeliveries([{ workspaceId, portalId: portal.portalId, invalid: null }]);
    response.json(portal);
  });

  async function change(request: Request, operation: string, pause: { reason: string | null } | null) {
    const { workspaceId } = apiKeyOf(request);
    const text = String(request.params.portalId);
    const portalId = /^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined;
    const entry = portalId === undefined ? undefined : await portalResolver.find(portalId);
    if (portalId === undefined || entry?.workspaceId !== workspaceId) throw notFound('portal');
    await inAuditedTransaction({ pool, logger }, callerOf(request), async (client, note) => {
      await pauseOutbox(client, { workspaceId, portalId }, pause);
      note(operation, { portalId });
    });
    const [portal] = await listOutboxPortals(forWorkspace(pool, workspaceId), workspaceId, portalId);
    if (!portal) throw notFound('portal');
    return portal;
  }

  return router;
}
