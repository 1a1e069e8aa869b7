import { randomBytes } from 'node:crypto';
import { Router } from 'express';
import { z } from 'zod';
import type { Config } from '../../platform/config/config.js';
import type { Pool } from '../../db/pool.js';
import { notifySecretContext } from '../../secrets/encryptionContext.js';
import { FOUND_BY_ANOTHER_KEY } from '../../domain/workspaces/foundRecords.js';
import { forWorkspace } from '../../db/tenant.js';
import { changeWorkspace, findWorkspace, type Workspace } from '../../db/workspaces/workspaces.js';
import type { Sealing } from '../../secrets/sealing.js';
import type { Logger } from '../../platform/logger.js';
import { allowsLocal, outboundUrlProblem } from '../../platform/outbound/outboundUrl.js';
import { Secret } from '../../platform/secret.js';
import { callerOf, inAuditedTransaction } from '../http/auditRequest.js';
import { apiKeyOf, requireScope } from '../http/authenticate.js';
import { invalidInput, notFound, parseInput, textSchema } from '../http/input.js';

const changeSchema = z
  .strictObject({
    name: textSchema(100),
    notifyUrl: z.string().max(2048).nullable(),
    notifySecret: z
      .string()
      .regex(/^[\x21-\x7e]{16,200}$/, 'must be 16 to 200 characters without spaces')
      .transform((secret) => new Secret(secret)),
    foundByAnotherKey: z.enum(FOUND_BY_ANOTHER_KEY),
  })
  .partial()
  .refine((change) => Object.keys(change).length > 0, {
    error: 'names nothing to change',
    when: ({ issues }) => issues.length === 0,
  });

interface Dependencies {
  readonly pool: Pool;
  readonly config: Pick<Config, 'NODE_ENV' | 'PUBLIC_URL'>;
  readonly sealing: Sealing;
  readonly logger: Logger;
}

/** The workspace of the key. */
export function workspaceRouter({ pool, config, sealing, logger }: Dependencies): Router {
  const router = Router();

  router.get('/', async (request, response) => {
    const { workspaceId } = apiKeyOf(request);
    response.json(mustFind(await findWorkspace(forWorkspace(pool, workspaceId), workspaceId)));
  });

  /** A URL that is set without a secret gets one, which is in this answer and nowhere else. */
  router.patch('/', requireScope('admin'), async (request, response) => {
    const { name, notifyUrl, notifySecret, foundByAnotherKey } = parseInput(changeSchema, request.body);
    if (typeof notifyUrl === 'string') {
      const problem = outboundUrlProblem(notifyUrl, { allowLocal: allowsLocal(config) });
      if (problem) throw invalidInput([{ path: 'notifyUrl', message: problem }]);
    }
    const { workspaceId } = apiKeyOf(request);
    const made =
      typeof notifyUrl === 'string' && !notifySecret
        ? new Secret(`whsec_${randomBytes(32).toString('base64url')}`)
        : undefined;
    const secret = notifySecret ?? made;
    // Sealed before the transaction: it may need a connection of its own.
    const sealed = secret && (await sealing.seal(secret, notifySecretContext(workspaceId)));
    const change = {
      ...{ name, notifyUrl, foundByAnotherKey },
      notifySecret: sealed ?? (notifyUrl === null ? null : undefined),
    };
    const workspace = await inAuditedTransaction(
      { pool, logger },
      callerOf(request),
      async (client, note) => {
        const changed = mustFind(await changeWorkspace(client, workspaceId, change));
        note('workspace.change', {
          changed: Object.entries(change).flatMap(([field, value]) => (value === undefined ? [] : [field])),
          // Its host and no more: paths of such URLs are often secrets.
          ...(foundByAnotherKey && { foundByAnotherKey }),
          ...(typeof notifyUrl === 'string' && { notifyHost: new URL(notifyUrl).host }),
        });
        return changed;
      },
    );
    if (made) response.set('Cache-Control', 'no-store');
    response.json({ ...workspace, ...(made && { notifySecret: made.reveal() }) });
  });

  return router;
}

function mustFind(workspace: Workspace | undefined): Workspace {
  if (!workspace) throw notFound('workspace');
  return workspace;
}
