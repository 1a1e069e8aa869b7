import { z } from 'zod';
import { ACTORS, AUDITED_OPERATIONS } from '../../domain/audit/operations.js';
import { readHead } from '../../domain/audit/head.js';
import { describeVerdict, type AuditChains } from '../../services/audit/auditChains.js';
import { listAuditEntries, type AuditView } from '../../db/audit/entries.js';
import type { Pool } from '../../db/pool.js';
import { AppError } from '../../platform/errors.js';
import { pageOf, portalId, time } from '../http/answers.js';
import { idSchema, pageQuery, portalIdSchema, timeSchema } from '../http/input.js';
import { defineOperation } from '../http/operation.js';
import { readPage } from '../http/page.js';

/** Other rooms know whether what an empty list was asked for exists at all; they throw where it does not. */
export interface RefuseUnknown {
  portal(
    pool: Pool,
    workspaceId: string,
    found: readonly unknown[],
    portalId: number | undefined,
  ): Promise<void>;
  key(pool: Pool, workspaceId: string, found: readonly unknown[], keyId: string | undefined): Promise<void>;
}

interface Dependencies {
  readonly pool: Pool;
  readonly auditChains: Pick<AuditChains, 'verify'>;
  readonly refuseUnknown: RefuseUnknown;
  /** Workspaces whose chain is being read by this process. */
  readonly verifying: Set<string>;
}

/** Each holds a connection of the management API's pool. */
const MAX_VERIFICATIONS = 3;

const entrySchema = z
  .strictObject({
    seq: idSchema,
    at: time,
    actor: z.string().meta({ description: '`key:<id>`, `setup`, `cli`, `hubspot` or `system`' }),
    operation: z.string().meta({ example: 'lane.change' }),
    portalId: portalId.nullable(),
    subject: z.record(z.string(), z.unknown()),
    result: z.string().meta({ description: '`ok`, or the code of the error' }),
    hash: z.string().meta({ description: 'Of this entry and all before it' }),
  })
  .meta({ id: 'AuditEntry' });
const EXAMPLE = {
  seq: '14',
  at: '2027-01-01T09:30:00.000Z',
  actor: 'key:6f1c3f0e-52d5-4a43-8e0a-0a1f2b3c4d5e',
  operation: 'lane.change',
  portalId: 41_000_009,
  subject: { laneId: '17', change: { paused: true } },
  result: 'ok',
  hash: '0bfc0f3d5c3e0b1d3a5f7e9c1b2d4f6a8c0e2f4a6b8d0c2e4f6a8b0d2c4e6f80',
};

const headSchema = z
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
  .meta({
    description: 'A head that was kept elsewhere, which the chain must still contain',
    override: { type: 'string' },
  });

const KEY = 'key:';
const actorSchema = z
  .union(
    [z.enum(ACTORS), z.templateLiteral([KEY, z.uuid()])],
    `must be key:<id>, or one of ${ACTORS.join(', ')}`,
  )
  .meta({ description: 'Who did it: `key:<id>`, `setup`, `cli`, `hubspot` or `system`' });

const the = { tag: 'Audit', scopes: ['audit:read'] } as const;

export const AUDIT_OPERATIONS = [
  defineOperation({
    ...the,
    id: 'listAuditEntries',
    method: 'get',
    path: '/api/audit',
    summary: 'List the entries of the audit chain, the newest first',
    input: {
      query: z.strictObject({
        operation: z.enum(AUDITED_OPERATIONS).optional(),
        portalId: portalIdSchema.optional(),
        actor: actorSchema.optional(),
        since: timeSchema.optional(),
        ...pageQuery(idSchema),
      }),
    },
    answers: {
      200: {
        description: 'A page of entries',
        body: pageOf(entrySchema).meta({ id: 'AuditPage' }),
        example: { items: [EXAMPLE], next: null },
      },
    },
    errors: ['not_found'],
    async run({ pool, refuseUnknown }: Dependencies, { workspaceId }, { query }) {
      const { items, next } = await readPage(
        query.limit,
        (limit) => listAuditEntries(pool, workspaceId, { ...query, limit }),
        ({ seq }) => seq,
      );
      const { portalId: portal, actor } = query;
      await refuseUnknown.portal(pool, workspaceId, items, portal);
      const keyId = actor?.startsWith(KEY) ? actor.slice(KEY.length) : undefined;
      await refuseUnknown.key(pool, workspaceId, items, keyId);
      return { status: 200, body: { items: items.map(entryAnswer), next } };
    },
  }),

  /*
   * Reads the whole chain, on one connection, in a time that grows with the chain: so one at a time for a workspace,
   * and few together, which leaves connections to everything else.
   */
  defineOperation({
    ...the,
    id: 'verifyAudit',
    method: 'get',
    path: '/api/audit/verify',
    summary: 'Check that nobody changed the audit chain',
    description: 'Reads all of it. One check at a time for a workspace.',
    input: { query: z.strictObject({ head: headSchema.optional() }) },
    answers: {
      200: {
        description: 'Whether the chain holds, and where it ends',
        body: z
          .strictObject({
            workspaceId: z.uuid(),
            ok: z.boolean(),
            problem: z
              .strictObject({ seq: z.string(), kind: z.string(), detail: z.string() })
              .nullable()
              .meta({ description: 'The first entry that is not as it must be' }),
            entries: z.number().int(),
            end: z.strictObject({ seq: z.string(), hash: z.string() }),
            heads: z.strictObject({ genuine: z.number().int(), unknownKey: z.number().int() }).meta({
              description: 'Signed heads on the way; those of keys that are no longer listed apart',
            }),
            head: z.string().nullable(),
          })
          .meta({ id: 'AuditVerdict' }),
        example: {
          workspaceId: '0b1f7f0e-0d5c-4a2e-9d53-6c1f0a2b3c4d',
          ok: true,
          problem: null,
          entries: 14,
          end: { seq: EXAMPLE.seq, hash: EXAMPLE.hash },
          heads: { genuine: 1, unknownKey: 0 },
          head: null,
        },
      },
    },
    errors: [],
    async run({ auditChains, verifying }: Dependencies, { workspaceId }, { query: { head } }) {
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
        const verdict = await auditChains.verify(workspaceId, head);
        return { status: 200, body: describeVerdict(workspaceId, verdict) };
      } finally {
        verifying.delete(workspaceId);
      }
    },
  }),
] as const;

function entryAnswer({ portalId: portal, ...entry }: AuditView) {
  return { ...entry, portalId: portal === null ? null : Number(portal) };
}
