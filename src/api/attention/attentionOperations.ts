import { z } from 'zod';
import { inWorkspace } from '../../db/tenant.js';
import type { Pool } from '../../db/pool.js';
import type { Scope } from '../../db/workspaces/apiKeys.js';
import {
  attentionItem,
  byUrgency,
  COUNT_STOPS_AT,
  foundTogether,
  NAMED_OF_A_KIND,
  type AttentionItem,
} from '../../domain/attention/attention.js';
import { ATTENTION_KINDS, type AttentionKind } from '../../domain/attention/kinds.js';
import { SEVERITIES, SUBJECTS } from '../../domain/attention/meaning.js';
import type { PortalState } from '../../domain/portals/portal.js';
import { pageOf, portalId, time } from '../http/answers.js';
import { hasScope } from '../http/authenticate.js';
import { pageQuery, portalIdSchema, textSchema } from '../http/input.js';
import { defineOperation, type Caller } from '../http/operation.js';
import { refuseUnknownPortal } from '../portals/refuseUnknownPortal.js';
import { COUNTS_STOP_AT, type AttentionSource } from './attentionSource.js';

interface Dependencies {
  readonly pool: Pool;
  readonly sources: readonly AttentionSource[];
}

const EXAMPLE: z.input<typeof itemSchema> = {
  id: 'lane_paused:17',
  kind: 'lane_paused',
  severity: 'soon',
  about: { kind: 'lane', id: '17' },
  portalId: 41_000_009,
  since: '2027-01-01T09:30:00.000Z',
  count: 250,
  happened: 'Lane 17, queue:mail, is paused (partner is down): 250 executions wait',
  mend: 'Let it go on when the reason is gone',
  command: 'npx sluice lanes resume 17',
  request: 'PATCH /api/lanes/17',
  runbook: '/docs/guide/operations#a-lane-is-paused',
};

const kindSchema = z.enum(ATTENTION_KINDS).meta({ id: 'AttentionKind' });
const severitySchema = z
  .enum(SEVERITIES)
  .meta({ id: 'Severity', description: '`urgent`: somebody loses by it now. `soon`: within the day' });
const itemSchema = z
  .strictObject({
    id: z.string().meta({ description: 'The same for as long as the thing lasts' }),
    kind: kindSchema,
    severity: severitySchema,
    about: z.strictObject({ kind: z.enum(SUBJECTS), id: z.string() }),
    portalId: portalId.nullable(),
    since: time.nullable(),
    count: z
      .number()
      .int()
      .nullable()
      .meta({
        description: `How many executions, events … it concerns, up to ${COUNT_STOPS_AT}; null: it is not counted`,
      }),
    happened: z.string(),
    mend: z.string().meta({ description: 'What to do' }),
    command: z.string(),
    request: z.string().meta({ description: 'The request that does or shows the same' }),
    runbook: z.string().meta({ description: 'A page of this API' }),
  })
  .meta({ id: 'AttentionItem' });

const more = z.array(kindSchema).meta({
  description: `Kinds of which there are more things than are named: ${NAMED_OF_A_KIND} of each are`,
});
const unseen = z.array(z.string()).meta({
  description: 'Scopes that the key lacks: what belongs to them was not looked at, and is no part of `ok`',
});
const ok = z.boolean().meta({ description: 'Nothing needs anybody, whatever was asked for' });

const countsSchema = z.strictObject({
  feature: z.enum(['throttle', 'outbox']),
  waiting: z.number().int(),
  sending: z.number().int(),
  failed: z.number().int().meta({ description: 'Executions: within a day. Events: dead letters' }),
});

const the = {
  method: 'get',
  tag: 'Status',
  scopes: ['throttle:read', 'portals:read', 'outbox', 'audit:read', 'crm'],
} as const;

/** Whether all is well, and what needs somebody. */
export const ATTENTION_OPERATIONS = [
  defineOperation({
    ...the,
    id: 'listAttention',
    path: '/api/attention',
    summary: 'List what needs somebody',
    errors: ['not_found'],
    description:
      'The most urgent first. What is wrong of the service itself is here as `/readyz` says it. A key sees what its scopes let it see.',
    input: {
      query: z.strictObject({
        severity: z.enum(SEVERITIES).optional(),
        kind: z.enum(ATTENTION_KINDS).optional(),
        portalId: portalIdSchema.optional(),
        ...pageQuery(textSchema(200)),
      }),
    },
    answers: {
      200: {
        description: 'A page of items',
        body: pageOf(itemSchema).extend({ ok, more, unseen }).meta({ id: 'AttentionPage' }),
        example: { items: [EXAMPLE], next: null, ok: false, more: [], unseen: [] },
      },
    },
    async run({ pool, sources }: Dependencies, caller, { query }) {
      const { items: all, more: moreKinds, unseen: lacking } = await attentionOf(pool, sources, caller);
      const { severity, kind, portalId: portal, after, limit } = query;
      const wanted = all.filter(
        (item) =>
          (severity === undefined || item.severity === severity) &&
          (kind === undefined || item.kind === kind) &&
          (portal === undefined || item.portalId === portal) &&
          (after === undefined || isAfter(item, after)),
      );
      await refuseUnknownPortal(pool, caller.workspaceId, wanted, portal);
      const items = wanted.slice(0, limit);
      const last = items.at(-1);
      const next = wanted.length > limit && last !== undefined ? last.id : null;
      const body = { items, next, ok: all.length === 0, more: moreKinds, unseen: lacking };
      return { status: 200, body };
    },
  }),

  defineOperation({
    ...the,
    id: 'showStatus',
    path: '/api/status',
    summary: 'Say whether all is well, and what flows',
    errors: [],
    input: {},
    answers: {
      200: {
        description: 'Counts; which things need somebody is said by `/api/attention`',
        body: z
          .strictObject({
            ok,
            urgent: z.number().int(),
            soon: z.number().int(),
            features: z.array(countsSchema).meta({ description: `Each count stops at ${COUNTS_STOP_AT}` }),
            portals: z
              .strictObject({
                active: z.number().int(),
                reauth_required: z.number().int(),
                disconnecting: z.number().int(),
                disconnected: z.number().int(),
              } satisfies Record<PortalState, z.ZodNumber>)
              .nullable()
              .meta({ description: 'By state; null: the key may not see them' }),
            more,
            unseen,
          })
          .meta({ id: 'Status' }),
        example: {
          ok: false,
          urgent: 0,
          soon: 1,
          features: [
            { feature: 'throttle', waiting: 250, sending: 0, failed: 0 },
            { feature: 'outbox', waiting: 3, sending: 1, failed: 0 },
          ],
          portals: { active: 2, reauth_required: 0, disconnecting: 0, disconnected: 1 },
          more: [],
          unseen: [],
        },
      },
    },
    async run({ pool, sources }: Dependencies, caller) {
      const { items, more: moreKinds, unseen: lacking } = await attentionOf(pool, sources, caller);
      const seen = sources.filter((source) => mayAsk(caller, source));
      const counted = await inWorkspace(pool, caller.workspaceId, async (db) => {
        const features = [];
        let portals = null;
        for (const { feature, portals: byState } of seen) {
          if (feature)
            features.push({ feature: feature.name, ...(await feature.counts(db, caller.workspaceId)) });
          if (byState) portals = await byState(db, caller.workspaceId);
        }
        return { features, portals };
      });
      const of = (severity: string) => items.filter((item) => item.severity === severity).length;
      return {
        status: 200,
        body: {
          ...{ ok: items.length === 0, urgent: of('urgent'), soon: of('soon') },
          ...counted,
          ...{ more: moreKinds, unseen: lacking },
        },
      };
    },
  }),
] as const;

const mayAsk = ({ key }: Caller, { scopes }: AttentionSource) => scopes.some((scope) => hasScope(key, scope));

/** All that the key may see, the most urgent first. One after the other, on one connection. */
async function attentionOf(
  pool: Pool,
  sources: readonly AttentionSource[],
  caller: Caller,
): Promise<{ items: AttentionItem[]; more: readonly AttentionKind[]; unseen: Scope[] }> {
  const { workspaceId } = caller;
  const seen = sources.filter((source) => mayAsk(caller, source));
  const elsewhere = await Promise.all(
    seen.flatMap((source) => (source.findElsewhere ? [source.findElsewhere(workspaceId)] : [])),
  );
  const found = await inWorkspace(pool, workspaceId, async (db) => {
    const all = [...elsewhere];
    for (const source of seen) all.push(await source.find(db, workspaceId));
    return foundTogether(all);
  });
  const lacking = sources.filter((source) => !mayAsk(caller, source)).map(({ scopes: [first] }) => first);
  return {
    items: found.findings.map(attentionItem).sort(byUrgency),
    more: found.more,
    unseen: [...new Set(lacking)],
  };
}

/** Whether it comes after the item with this id, which may be gone by now. */
function isAfter(item: AttentionItem, id: string): boolean {
  const kind = ATTENTION_KINDS.find((one) => id.startsWith(`${one}:`));
  return kind !== undefined && byUrgency(item, { ...item, id, kind }) > 0;
}
