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

/** Each holds a connection of the management API's pool. */
const MAX_VERIFICATIONS = 3;

interface Dependencies {
  readonly pool: Pool;
  readonly auditChains: Pick<AuditChains, 'verify'>;
}

export function auditRouter({ pool, auditChains }: Dependencies): Router {
  const router = Router();
  /** Workspaces whose chain is being read by this process. */
  const verifying = new Set<string>();

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

  /**
   * Reads the whole chain, on one connection, in a time that grows with the chain: so one at a time for a workspace,
   * and few together, which leaves connections to everything else.
   */
  router.get('/verify', requireScope('audit:read'), async (request, response) => {
    const { head } = parseInput(verifySchema, request.query);
    const { workspaceId } = apiKeyOf(request);
    if (verifying.has(workspaceId) || verifying.size >= MAX_VERIFICATIONS)
      throw new AppError(
        'too_many_requests',
        verifying.has(workspaceId)
          ? 'Another verification of this workspace is under way; try again when it has ended'
          : 'Verifications of other workspaces are under way; try again in a few seconds',
        { retryAfterMs: 5000 },
      );
    verifying.add(workspaceId);
    try {
      response.json(describeVerdict(workspaceId, await auditChains.verify(workspaceId, head)));
    } finally {
      verifying.delete(workspaceId);
    }
  });

  return router;
}

function toJson({ portalId, ...entry }: AuditView) {
  return { ...entry, portalId: portalId === null ? null : Number(portalId) };
}
