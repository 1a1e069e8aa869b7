import { Router, type Request, type RequestHandler } from 'express';
import { z } from 'zod';
import type { Config } from '../../platform/config/config.js';
import {
  endApiKey,
  findApiKeyById,
  hasOtherAdminKey,
  listApiKeys,
  lockApiKey,
  type ApiKeyView,
} from '../../db/workspaces/apiKeyAdmin.js';
import { newApiKey, SCOPES, storeApiKey, type NewApiKey } from '../../db/workspaces/apiKeys.js';
import type { Pool, Queryable } from '../../db/pool.js';
import { forWorkspace } from '../../db/tenant.js';
import { AppError } from '../../platform/errors.js';
import type { Logger } from '../../platform/logger.js';
import { actorOf, callerOf, inAuditedTransaction } from '../http/auditRequest.js';
import { apiKeyOf, hasScope, requireScope } from '../http/authenticate.js';
import { readBody } from '../http/body.js';
import { limitSchema, notFound, parseInput, shortList, textSchema, timeSchema } from '../http/input.js';
import { readPage } from '../http/page.js';

const DAY_SECONDS = 86_400;
const uuidSchema = z.uuid('is not the id of a key');
const futureSchema = timeSchema.refine((at) => at.getTime() > Date.now(), 'must be in the future');

const createSchema = z.strictObject({
  name: textSchema(100),
  scopes: shortList(z.enum(SCOPES), 50).transform((scopes) => [...new Set(scopes)]),
  expiresAt: futureSchema.nullable().default(null),
});
const rotateSchema = z.strictObject({
  graceSeconds: z
    .number()
    .int()
    .min(0)
    .max(90 * DAY_SECONDS)
    .default(DAY_SECONDS),
  expiresAt: futureSchema.nullable().optional(),
});
const listSchema = z.strictObject({ after: uuidSchema.optional(), limit: limitSchema(200, 50) });

interface Dependencies {
  readonly pool: Pool;
  readonly config: Pick<Config, 'NODE_ENV'>;
  readonly logger: Logger;
}

/** The API keys of a workspace. A key is in the answer that makes it, and nowhere else. */
export function keysRouter({ pool, config, logger }: Dependencies): Router {
  const router = Router();

  router.get('/', requireScope('admin'), async (request, response) => {
    const { after, limit } = parseInput(listSchema, request.query);
    const { workspaceId } = apiKeyOf(request);
    const page = await readPage(
      limit,
      (rows) => listApiKeys(pool, workspaceId, { after, limit: rows }),
      ({ id }) => id,
    );
    response.json(page);
  });

  router.post('/', requireScope('admin'), async (request, response) => {
    const { name, scopes, expiresAt } = parseInput(createSchema, request.body);
    refuseForeignScopes(request, scopes);
    const { workspaceId } = apiKeyOf(request);
    const key = newApiKey(config.NODE_ENV);
    const made = await inAuditedTransaction({ pool, logger }, callerOf(request), async (client, note) => {
      const createdBy = actorOf(request);
      const id = await storeNew(client, { workspaceId, name, key, scopes, expiresAt, createdBy });
      note('key.create', { keyId: id, scopes, expiresAt });
      return mustFind(await findApiKeyById(client, workspaceId, id));
    });
    response
      .status(201)
      .set('Cache-Control', 'no-store')
      .json({ ...made, key: key.reveal() });
  });

  router.get('/:id', requireScope('admin'), async (request, response) => {
    const { workspaceId } = apiKeyOf(request);
    response.json(
      mustFind(await findApiKeyById(forWorkspace(pool, workspaceId), workspaceId, keyId(request))),
    );
  });

  /** A key may rotate itself, too: its successor may do the same and lives no longer. */
  router.post('/:id/rotate', adminOrItself, readBody, async (request, response) => {
    const id = keyId(request);
    const { graceSeconds, expiresAt } = parseInput(rotateSchema, request.body);
    const asker = apiKeyOf(request);
    if (!hasScope(asker, 'admin') && expiresAt !== undefined)
      throw new AppError('forbidden', 'Another expiry needs a key with the scope admin');

    const { workspaceId } = asker;
    const key = newApiKey(config.NODE_ENV);
    const made = await inAuditedTransaction({ pool, logger }, callerOf(request), async (client, note) => {
      await lockApiKey(client, id);
      const old = mustFind(await findApiKeyById(client, workspaceId, id));
      refuseIfOver(old);
      const successor = await storeNew(client, {
        workspaceId,
        name: old.name,
        key,
        scopes: old.scopes,
        expiresAt: expiresAt === undefined ? old.expiresAt : expiresAt,
        createdBy: actorOf(request),
        rotatedFrom: id,
      });
      await endApiKey(client, id, graceSeconds * 1000);
      note('key.rotate', { keyId: id, successorId: successor, graceSeconds });
      return mustFind(await findApiKeyById(client, workspaceId, successor));
    });
    response
      .status(201)
      .set('Cache-Control', 'no-store')
      .json({ ...made, key: key.reveal() });
  });

  router.delete('/:id', requireScope('admin'), async (request, response) => {
    const id = keyId(request);
    const { workspaceId } = apiKeyOf(request);
    await inAuditedTransaction({ pool, logger }, callerOf(request), async (client, note) => {
      const key = mustFind(await findApiKeyById(client, workspaceId, id));
      if (key.state !== 'active') return;
      if (key.scopes.includes('admin') && !(await hasOtherAdminKey(client, workspaceId, id))) {
        throw new AppError(
          'conflict',
          'This is the last key with the scope admin: without it nobody could manage this workspace. ' +
            'Make another one first, or rotate it',
        );
      }
      await endApiKey(client, id, 0);
      note('key.revoke', { keyId: id });
    });
    response.status(204).end();
  });

  return router;
}

const adminOrItself: RequestHandler = (request, _response, next) => {
  const asker = apiKeyOf(request);
  if (!hasScope(asker, 'admin') && asker.id !== keyId(request))
    throw new AppError('forbidden', 'This needs a key with the scope admin, unless it is the key itself');
  next();
};

async function storeNew(client: Queryable, key: NewApiKey): Promise<string> {
  const id = await storeApiKey(client, key);
  if (id === undefined) throw new Error('256 random bits came twice');
  return id;
}

/** Nobody hands on what they do not have themselves. */
function refuseForeignScopes(request: Request, scopes: readonly (typeof SCOPES)[number][]): void {
  const foreign = scopes.filter((scope) => !hasScope(apiKeyOf(request), scope));
  if (foreign.length > 0)
    throw new AppError('forbidden', `Your key cannot grant what it does not have: ${foreign.join(', ')}`);
}

function refuseIfOver({ state, rotatedTo }: ApiKeyView): void {
  if (state !== 'active')
    throw new AppError('conflict', `This key is ${state}; only one that is valid can be rotated`);
  if (rotatedTo !== null)
    throw new AppError('conflict', `This key has been rotated already: rotate its successor ${rotatedTo}`);
}

function keyId(request: Request): string {
  const id = uuidSchema.safeParse(request.params.id);
  if (!id.success) throw notFound('key');
  return id.data;
}

function mustFind(key: ApiKeyView | undefined): ApiKeyView {
  if (!key) throw notFound('key');
  return key;
}
