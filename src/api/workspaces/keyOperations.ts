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
import type { Secret } from '../../platform/secret.js';
import type { Logger } from '../../platform/logger.js';
import { pageOf, time } from '../http/answers.js';
import { answerOnce } from '../http/answerOnce.js';
import { inAuditedTransaction } from '../http/auditRequest.js';
import { hasScope } from '../http/authenticate.js';
import { notFound, pageQuery, shortList, textSchema, timeSchema } from '../http/input.js';
import { defineOperation, type Caller } from '../http/operation.js';
import { readPage } from '../http/page.js';

const DAY_SECONDS = 86_400;
const keyId = z.uuid('is not the id of a key').meta({ id: 'KeyId', description: 'The id of an API key' });
const futureSchema = timeSchema.refine((at) => at.getTime() > Date.now(), 'must be in the future');

const keySchema = z
  .strictObject({
    id: keyId,
    name: z.string(),
    prefix: z.string().meta({ description: 'Its first characters, enough to recognise it' }),
    scopes: z.array(z.string()),
    state: z.enum(['active', 'revoked', 'expired']),
    createdAt: time,
    createdBy: z.string().nullable(),
    expiresAt: time.nullable(),
    revokedAt: time.nullable(),
    lastUsedAt: time.nullable(),
    rotatedFrom: keyId.nullable(),
    rotatedTo: keyId.nullable(),
  })
  .meta({ id: 'ApiKey' });
const madeKeySchema = keySchema
  .extend({ key: z.string().meta({ description: 'The key itself: in this answer and nowhere else' }) })
  .meta({ id: 'NewApiKeyAnswer' });

const EXAMPLE = {
  id: '6f1c3f0e-52d5-4a43-8e0a-0a1f2b3c4d5e',
  name: 'billing service',
  prefix: 'slc_test_2f',
  scopes: ['outbox'],
  state: 'active',
  createdAt: '2027-01-01T09:30:00.000Z',
  createdBy: 'setup',
  expiresAt: null,
  revokedAt: null,
  lastUsedAt: null,
  rotatedFrom: null,
  rotatedTo: null,
};
const EXAMPLE_MADE = { ...EXAMPLE, key: 'slc_test_2f…' };
const the = { tag: 'API keys', resource: 'key' } as const;
const ofOne = { params: z.strictObject({ id: keyId }) };
const made = {
  201: { description: 'The new key', body: madeKeySchema, example: EXAMPLE_MADE },
} as const;

interface Dependencies {
  readonly pool: Pool;
  readonly config: Pick<Config, 'NODE_ENV'>;
  readonly logger: Logger;
}

/** The API keys of a workspace. A key is in the answer that makes it, and nowhere else. */
export const KEY_OPERATIONS = [
  defineOperation({
    ...the,
    id: 'listApiKeys',
    method: 'get',
    path: '/api/keys',
    scopes: ['admin'],
    summary: 'List API keys, those that are over too',
    input: { query: z.strictObject({ ...pageQuery(keyId) }) },
    answers: {
      200: {
        description: 'A page of keys',
        body: pageOf(keySchema).meta({ id: 'ApiKeyPage' }),
        example: { items: [EXAMPLE], next: null },
      },
    },
    errors: [],
    async run({ pool }: Dependencies, { workspaceId }, { query: { after, limit } }) {
      const page = await readPage(
        limit,
        (rows) => listApiKeys(pool, workspaceId, { after, limit: rows }),
        ({ id }) => id,
      );
      return { status: 200, body: page };
    },
  }),

  defineOperation({
    ...the,
    id: 'createApiKey',
    method: 'post',
    path: '/api/keys',
    scopes: ['admin'],
    summary: 'Make an API key',
    input: {
      body: z
        .strictObject({
          name: textSchema(100),
          scopes: shortList(z.enum(SCOPES), 50).transform((scopes) => [...new Set(scopes)]),
          expiresAt: futureSchema.nullable().default(null),
        })
        .meta({ id: 'NewApiKey' }),
    },
    answers: made,
    idempotent: true,
    errors: [],
    example: { body: { name: 'billing service', scopes: ['outbox'] } },
    async run({ pool, config, logger }: Dependencies, caller, { body: { name, scopes, expiresAt } }) {
      refuseForeignScopes(caller, scopes);
      const { workspaceId, actor } = caller;
      const key = newApiKey(config.NODE_ENV);
      const { answer } = await answerOnce({ pool, logger }, caller, async (client, note) => {
        const id = await storeNew(client, { workspaceId, name, key, scopes, expiresAt, createdBy: actor });
        note('key.create', { keyId: id, scopes, expiresAt });
        return { answer: madeAnswer(mustFind(await findApiKeyById(client, workspaceId, id)), key) };
      });
      return answer;
    },
  }),

  defineOperation({
    ...the,
    id: 'showApiKey',
    method: 'get',
    path: '/api/keys/{id}',
    scopes: ['admin'],
    summary: 'Show an API key',
    input: ofOne,
    answers: { 200: { description: 'The key, without itself', body: keySchema, example: EXAMPLE } },
    errors: ['not_found'],
    async run({ pool }: Dependencies, { workspaceId }, { params: { id } }) {
      const key = await findApiKeyById(forWorkspace(pool, workspaceId), workspaceId, id);
      return { status: 200, body: mustFind(key) };
    },
  }),

  defineOperation({
    ...the,
    id: 'rotateApiKey',
    method: 'post',
    path: '/api/keys/{id}/rotate',
    scopes: 'every',
    summary: 'Make a successor of an API key, and end the key after a while',
    description:
      'With the scope admin, or by the key itself: its successor may do the same and lives no longer. The old key goes on for `graceSeconds`, a day when nothing is said.',
    input: {
      ...ofOne,
      body: z
        .strictObject({
          graceSeconds: z
            .number()
            .int()
            .min(0)
            .max(90 * DAY_SECONDS)
            .default(DAY_SECONDS),
          expiresAt: futureSchema.nullable().optional(),
        })
        .meta({ id: 'ApiKeyRotation' }),
    },
    answers: made,
    idempotent: true,
    errors: ['forbidden', 'not_found', 'conflict'],
    example: { body: { graceSeconds: 3600 } },
    admits({ key }, { id }) {
      if (!hasScope(key, 'admin') && key.id !== id)
        throw new AppError('forbidden', 'This needs a key with the scope admin, unless it is the key itself');
    },
    async run({ pool, config, logger }: Dependencies, caller, { params: { id }, body }) {
      const { graceSeconds, expiresAt } = body;
      if (!hasScope(caller.key, 'admin') && expiresAt !== undefined)
        throw new AppError('forbidden', 'Another expiry needs a key with the scope admin');
      const { workspaceId, actor } = caller;
      const key = newApiKey(config.NODE_ENV);
      const { answer } = await answerOnce({ pool, logger }, caller, async (client, note) => {
        await lockApiKey(client, id);
        const old = mustFind(await findApiKeyById(client, workspaceId, id));
        refuseIfOver(old);
        const successor = await storeNew(client, {
          workspaceId,
          name: old.name,
          key,
          scopes: old.scopes,
          expiresAt: expiresAt === undefined ? old.expiresAt : expiresAt,
          createdBy: actor,
          rotatedFrom: id,
        });
        await endApiKey(client, id, graceSeconds * 1000);
        note('key.rotate', { keyId: id, successorId: successor, graceSeconds });
        return { answer: madeAnswer(mustFind(await findApiKeyById(client, workspaceId, successor)), key) };
      });
      return answer;
    },
  }),

  defineOperation({
    ...the,
    id: 'revokeApiKey',
    method: 'delete',
    path: '/api/keys/{id}',
    scopes: ['admin'],
    summary: 'Revoke an API key',
    description: 'At once. The last key with the scope admin is refused.',
    input: ofOne,
    answers: { 204: { description: 'It is over' } },
    errors: ['not_found', 'conflict'],
    async run({ pool, logger }: Dependencies, caller, { params: { id } }) {
      const { workspaceId } = caller;
      await inAuditedTransaction({ pool, logger }, caller, async (client, note) => {
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
      return { status: 204 };
    },
  }),
] as const;

/** Neither browsers nor proxies keep an answer with a key. */
const NOT_STORED = { 'Cache-Control': 'no-store' };

const madeAnswer = (view: ApiKeyView, key: Secret) => ({
  status: 201 as const,
  headers: NOT_STORED,
  body: { ...view, key: key.reveal() },
});

async function storeNew(client: Queryable, key: NewApiKey): Promise<string> {
  const id = await storeApiKey(client, key);
  if (id === undefined) throw new Error('256 random bits came twice');
  return id;
}

/** Nobody hands on what they do not have themselves. */
function refuseForeignScopes({ key }: Caller, scopes: readonly (typeof SCOPES)[number][]): void {
  const foreign = scopes.filter((scope) => !hasScope(key, scope));
  if (foreign.length > 0)
    throw new AppError('forbidden', `Your key cannot grant what it does not have: ${foreign.join(', ')}`);
}

function refuseIfOver({ state, rotatedTo }: ApiKeyView): void {
  if (state !== 'active')
    throw new AppError('conflict', `This key is ${state}; only one that is valid can be rotated`);
  if (rotatedTo !== null)
    throw new AppError('conflict', `This key has been rotated already: rotate its successor ${rotatedTo}`);
}

function mustFind(key: ApiKeyView | undefined): ApiKeyView {
  if (!key) throw notFound(the.resource);
  return key;
}
