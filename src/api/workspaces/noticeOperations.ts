import { z } from 'zod';
import { listNotices, resendNotice } from '../../db/workspaces/notices.js';
import { NOTICE_STATES } from '../../domain/workspaces/notice.js';
import type { Pool } from '../../db/pool.js';
import type { Logger } from '../../platform/logger.js';
import { pageOf, portalId, time } from '../http/answers.js';
import { inAuditedTransaction } from '../http/auditRequest.js';
import { idSchema, notFound, pageQuery } from '../http/input.js';
import { defineOperation } from '../http/operation.js';
import { readPage } from '../http/page.js';

interface Dependencies {
  readonly pool: Pool;
  readonly logger: Logger;
}

const noticeSchema = z
  .strictObject({
    id: idSchema,
    kind: z.string().meta({ example: 'portal.reauth_required' }),
    portalId: portalId.nullable(),
    detail: z.record(z.string(), z.unknown()),
    state: z.enum(NOTICE_STATES),
    createdAt: time,
    deliveredAt: time.nullable(),
    attempts: z.number().int(),
    lastError: z.string().nullable(),
  })
  .meta({ id: 'Notice' });
const EXAMPLE = {
  id: '4',
  kind: 'portal.reauth_required',
  portalId: 41_000_009,
  detail: { reason: 'revoked' },
  state: 'delivered',
  createdAt: '2027-01-01T09:30:00.000Z',
  deliveredAt: '2027-01-01T09:30:01.000Z',
  attempts: 1,
  lastError: null,
};

const the = { tag: 'Notices', resource: 'notice' } as const;

/** What the workspace was notified of, or is to be. */
export const NOTICE_OPERATIONS = [
  defineOperation({
    ...the,
    id: 'listNotices',
    method: 'get',
    path: '/api/notices',
    scopes: ['portals:read'],
    summary: 'List notices, the newest first',
    input: {
      query: z.strictObject({
        state: z.enum(NOTICE_STATES).optional(),
        ...pageQuery(idSchema),
      }),
    },
    answers: {
      200: {
        description: 'A page of notices',
        body: pageOf(noticeSchema).meta({ id: 'NoticePage' }),
        example: { items: [EXAMPLE], next: null },
      },
    },
    errors: [],
    async run({ pool }: Dependencies, { workspaceId }, { query }) {
      const page = await readPage(
        query.limit,
        (limit) => listNotices(pool, workspaceId, { ...query, limit }),
        ({ id }) => id,
      );
      return { status: 200, body: page };
    },
  }),

  defineOperation({
    ...the,
    id: 'resendNotice',
    method: 'post',
    path: '/api/notices/{id}/resend',
    scopes: ['portals:write'],
    summary: 'Send a notice again',
    description: 'The next sweep delivers it, in whatever state it is.',
    input: { params: z.strictObject({ id: idSchema }) },
    answers: { 202: { description: 'The notice', body: noticeSchema, example: EXAMPLE } },
    errors: ['not_found'],
    async run({ pool, logger }: Dependencies, caller, { params: { id } }) {
      const notice = await inAuditedTransaction({ pool, logger }, caller, async (client, note) => {
        const found = await resendNotice(client, caller.workspaceId, id);
        if (!found) throw notFound(the.resource);
        note('notice.resend', { noticeId: id, portalId: found.portalId ?? undefined });
        return found;
      });
      return { status: 202, body: notice };
    },
  }),
] as const;
