import { Router } from 'express';
import { z } from 'zod';
import { readHead } from '../../domain/audit/head.js';
import { describeVerdict, type AuditChains } from '../../services/audit/auditChains.js';
import { listAudit, type AuditView } from '../../db/audit/entries.js';
import type { Pool } from '../../db/pool.js';
import { AppError } from '../../platform/errors.js';
import { apiKeyOf, requireScope } from '../http/authenticate.js';
import { idSchema, limitSchema, parseInput, portalIdSchema, textSchema } from '../http/input.js';

const listSchema = z.strictObject({
  operation: textSchema(64).optional(),
  portalId: portalIdSchema.optional(),
  actor: textSchema(64).optional(),
  since: z.iso
    .datetime({ offset: true, error: 'must be a time such as 2026-11-24T23:00:00Z' })
    .transform((text) => new Date(text))
    .optional(),
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

export function auditTrailRouter({ pool, auditChains }: Dependencies): Router {
  const router = Router();
  let verifying = false;

  router.get('/', requireScope('audit:read'), async (request, response) => {
    const filter = parseInput(listSchema, request.query);
    const entries = await listAudit(pool, apiKeyOf(request).workspaceId, filter);
    response.json({
      items: entries.map(toJson),
      next: entries.length === filter.limit ? entries.at(-1)?.seq : null,
    });
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
