import { randomBytes } from 'node:crypto';
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
import { time } from '../http/answers.js';
import { inAuditedTransaction } from '../http/auditRequest.js';
import { changing, invalidInput, notFound, textSchema } from '../http/input.js';
import { defineOperation } from '../http/operation.js';

interface Dependencies {
  readonly pool: Pool;
  readonly config: Pick<Config, 'NODE_ENV' | 'PUBLIC_URL'>;
  readonly sealing: Sealing;
  readonly logger: Logger;
}

const workspaceSchema = z
  .strictObject({
    id: z.uuid(),
    name: z.string(),
    createdAt: time,
    notifyUrl: z.string().nullable().meta({ description: 'Where notices of its portals are sent' }),
    hasNotifySecret: z.boolean().meta({ description: 'Whether what is sent there is signed' }),
    foundByAnotherKey: z.enum(FOUND_BY_ANOTHER_KEY).meta({
      description:
        'What becomes of a record that HubSpot has under another key: it gets ours, or its events wait',
    }),
  })
  .meta({ id: 'Workspace' });
const EXAMPLE = {
  id: '0b1f7f0e-0d5c-4a2e-9d53-6c1f0a2b3c4d',
  name: 'Acme Ltd',
  createdAt: '2027-01-01T09:30:00.000Z',
  notifyUrl: null,
  hasNotifySecret: false,
  foundByAnotherKey: 'adopt',
};

const the = { tag: 'Workspace', path: '/api/workspace', resource: 'workspace' } as const;

/** The workspace of the key. */
export const WORKSPACE_OPERATIONS = [
  defineOperation({
    ...the,
    id: 'showWorkspace',
    method: 'get',
    scopes: 'every',
    summary: 'Show the workspace of the key',
    input: {},
    answers: { 200: { description: 'The workspace', body: workspaceSchema, example: EXAMPLE } },
    errors: [],
    async run({ pool }: Dependencies, { workspaceId }) {
      const workspace = await findWorkspace(forWorkspace(pool, workspaceId), workspaceId);
      return { status: 200, body: mustFind(workspace) };
    },
  }),

  defineOperation({
    ...the,
    id: 'changeWorkspace',
    method: 'patch',
    scopes: ['admin'],
    summary: 'Change the workspace of the key',
    description:
      'A `notifyUrl` that is set without a secret gets one, which is in this answer and nowhere else.',
    input: {
      body: changing({
        name: textSchema(100),
        notifyUrl: z.string().max(2048).nullable(),
        notifySecret: z
          .string()
          .regex(/^[\x21-\x7e]{16,200}$/, 'must be 16 to 200 characters without spaces')
          .transform((secret) => new Secret(secret)),
        foundByAnotherKey: z.enum(FOUND_BY_ANOTHER_KEY),
      }).meta({ id: 'WorkspaceChange' }),
    },
    answers: {
      200: {
        description: 'The workspace',
        body: workspaceSchema
          .extend({ notifySecret: z.string().optional() })
          .meta({ id: 'ChangedWorkspace' }),
        example: EXAMPLE,
      },
    },
    errors: [],
    example: { body: { name: 'Acme Ltd' } },
    async run({ pool, config, sealing, logger }: Dependencies, caller, { body }) {
      const { name, notifyUrl, notifySecret, foundByAnotherKey } = body;
      if (typeof notifyUrl === 'string') {
        const problem = outboundUrlProblem(notifyUrl, { allowLocal: allowsLocal(config) });
        if (problem) throw invalidInput([{ path: 'notifyUrl', message: problem }]);
      }
      const { workspaceId } = caller;
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
      const workspace = await inAuditedTransaction({ pool, logger }, caller, async (client, note) => {
        const changed = mustFind(await changeWorkspace(client, workspaceId, change));
        note('workspace.change', {
          changed: Object.entries(change).flatMap(([field, value]) => (value === undefined ? [] : [field])),
          // Its host and no more: paths of such URLs are often secrets.
          ...(foundByAnotherKey && { foundByAnotherKey }),
          ...(typeof notifyUrl === 'string' && { notifyHost: new URL(notifyUrl).host }),
        });
        return changed;
      });
      return made
        ? {
            status: 200,
            headers: { 'Cache-Control': 'no-store' },
            body: { ...workspace, notifySecret: made.reveal() },
          }
        : { status: 200, body: workspace };
    },
  }),
] as const;

function mustFind(workspace: Workspace | undefined): Workspace {
  if (!workspace) throw notFound(the.resource);
  return workspace;
}
