import { Router } from 'express';
import { z } from 'zod';
import { countDeadLetters, discardDeadLetters, listDeadLetters } from '../../db/outbox/deadLetters.js';
import { forWorkspace } from '../../db/tenant.js';
import { callerOf, inAuditedTransaction } from '../http/auditRequest.js';
import { apiKeyOf, requireScope } from '../http/authenticate.js';
import { idSchema, limitSchema, parseInput, textSchema } from '../http/input.js';
import { readPage } from '../http/page.js';
import type { CaptureDependencies } from './captureEvents.js';
import { deadLetterFilter, refuseMissing, totalOf } from './deadLetterFilter.js';
import { crashPoint } from '../../platform/crashPoint.js';

const DISCARDED_AT_ONCE = 1000;

const discardSchema = z.strictObject({
  // One that is discarded already would be found again by the next batch, and the next.
  filter: deadLetterFilter.extend({ state: z.enum(['dead', 'invalid']).optional() }),
  reason: textSchema(500),
  preview: z.boolean().default(false),
});
const listSchema = deadLetterFilter
  .omit({ ids: true })
  .extend({ after: idSchema.optional(), limit: limitSchema(200, 50) });

/** Dead letters: what they are, and how an operator gives them up. `redrives.ts` sends them again. */
export function deadLettersRouter({ pool, logger }: Pick<CaptureDependencies, 'pool' | 'logger'>): Router {
  const router = Router();

  router.get('/dead-letters', requireScope('outbox'), async (request, response) => {
    const { after, limit, ...filter } = parseInput(listSchema, request.query);
    const { workspaceId } = apiKeyOf(request);
    const db = forWorkspace(pool, workspaceId);
    const page = await readPage(
      limit,
      (max) => listDeadLetters(db, workspaceId, filter, { after, limit: max }),
      ({ id }) => id,
    );
    response.json({ ...page, groups: await countDeadLetters(db, workspaceId, filter) });
  });

  router.post('/discards', requireScope('outbox'), async (request, response) => {
    const { filter, reason, preview } = parseInput(discardSchema, request.body);
    const { workspaceId } = apiKeyOf(request);
    await refuseMissing(forWorkspace(pool, workspaceId), workspaceId, filter);
    const groups = await countDeadLetters(forWorkspace(pool, workspaceId), workspaceId, filter);
    if (preview) return void response.json({ total: totalOf(groups), groups });
    let discarded = 0;
    for (;;) {
      const count = await inAuditedTransaction({ pool, logger }, callerOf(request), async (client, note) => {
        const some = await discardDeadLetters(client, workspaceId, filter, reason, DISCARDED_AT_ONCE);
        // Not the reason: people write what they like there. It stands with the event.
        if (some > 0)
          note('outbox.discard', {
            portalId: filter.portalId,
            filter: { ...filter, ids: filter.ids?.length },
            count: some,
          });
        return some;
      });
      crashPoint('outbox.discard.batch-discarded');
      discarded += count;
      if (count < DISCARDED_AT_ONCE) break;
    }
    response.json({ discarded });
  });

  return router;
}
