import { Router } from 'express';
import { z } from 'zod';
import { listNotices, resendNotice } from '../../db/workspaces/notices.js';
import { NOTICE_STATES } from '../../domain/workspaces/notice.js';
import type { Pool } from '../../db/pool.js';
import type { Logger } from '../../platform/logger.js';
import { callerOf, inAuditedTransaction } from '../http/auditRequest.js';
import { apiKeyOf, requireScope } from '../http/authenticate.js';
import { idSchema, limitSchema, notFound, parseInput, pathId } from '../http/input.js';
import { readPage } from '../http/page.js';

const listSchema = z.strictObject({
  state: z.enum(NOTICE_STATES).optional(),
  after: idSchema.optional(),
  limit: limitSchema(200, 50),
});

interface Dependencies {
  readonly pool: Pool;
  readonly logger: Logger;
}

/** What the workspace was notified of, or is to be. */
export function noticesRouter({ pool, logger }: Dependencies): Router {
  const router = Router();

  router.get('/', requireScope('portals:read'), async (request, response) => {
    const filter = parseInput(listSchema, request.query);
    const { workspaceId } = apiKeyOf(request);
    const page = await readPage(
      filter.limit,
      (limit) => listNotices(pool, workspaceId, { ...filter, limit }),
      ({ id }) => id,
    );
    response.json(page);
  });

  /** The next sweep delivers it, in whatever state it is. */
  router.post('/:id/resend', requireScope('portals:write'), async (request, response) => {
    const id = pathId(request, 'id', 'notice');
    const notice = await inAuditedTransaction({ pool, logger }, callerOf(request), async (client, note) => {
      const found = await resendNotice(client, apiKeyOf(request).workspaceId, id);
      if (!found) throw notFound('notice');
      note('notice.resend', { noticeId: id, portalId: found.portalId ?? undefined });
      return found;
    });
    response.status(202).json(notice);
  });

  return router;
}
