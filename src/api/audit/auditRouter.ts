import { Router } from 'express';
import { z } from 'zod';
import { readHead } from '../../domain/audit/head.js';
import { describeVerdict, type AuditChains } from '../../services/audit/auditChains.js';
import { listAuditEntries, type AuditView } from '../../db/audit/entries.js';
import type { Pool } from '../../db/pool.js';
import { AppError } from '../../platform/errors.js';
import { apiKeyOf, requireScope } from '../http/authenticate.js';
import { readPage } from '../http/page.js';
import { idSchema, limitSchema, parseInput, portalIdSchema, textSchema, timeSchema } from '../http/input.js';

const listSchema = z.strictObject({
  operation: textSchema(64).optional(),
  portalId: portalIdSchema.optional(),
  actor: textSchema(64).optional(),
  since: timeSchema.optional(),
  after: idSchema.optional(),
  limit: limitSchema(200, 50),
});
const verifySchema = z.strictObject({
  head: z
    .string()
    .transform((text, context) => {
      const head = readHead(text);
      if (head) return head;
      context.addIssue({
        code: 'custom',
        message: 'must be seq:hash:keyId:signature or seq:hash, as the log has it',
      });
      return z.NEVER;
    })
    .optional(),
});

interface Dependencies {
  readonly pool: Pool;
  readonly auditChains: Pick<AuditChains, 'verify'>;
}

export function auditRouter({ pool, auditChains }: Dependencies): Router {
  const router = Router();
  let verifying = false;

  router.get('/', requireScope('audit:read'), async (request, response) => {
    const filter = parseInput(listSchema, request.query);
    const { workspaceId } = apiKeyOf(request);
    const { items, next } = await readPage(
      filter.limit,
      (limit) => listAuditEntries(pool, workspaceId, { ...filter, limit }),
      ({ seq }) => seq,
    );
    response.json({ items: items.map(toJson), next });
  });

  /** Reads the whole chain; so one at a time, lest they take all connections from what cannot wait. */
  router.get('/verify', requireScope('audit:read'), async (request, response) => {
    const { head } = parseInput(verifySchema, request.query);
    if (verifying)
      throw new AppError(
        'too_many_requests',
        'Another verification is under way; try again when it has ended',
        {
          retryAfterMs: 5000,
        },
      );
    verifying = true;
    try {
      const { workspaceId } = apiKeyOf(request);
      response.json(describeVerdict(workspaceId, await auditChains.verify(workspaceId, head)));
    } finally {
      verifying = false;
    }
  });

  return router;
}

function toJson({ portalId, ...entry }: AuditView) {
  return { ...entry, portalId: portalId === null ? null : Number(portalId) };
}
