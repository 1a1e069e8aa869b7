import { z } from 'zod';
import { setTypeMode } from '../../db/outbox/mappings.js';
import { FALLBACK_REASONS } from '../../domain/outbox/customEvents.js';
import { pageOf, portalId } from '../http/answers.js';
import { inAuditedTransaction } from '../http/auditRequest.js';
import { invalidInput, notFound, pageQuery, textSchema } from '../http/input.js';
import { defineOperation } from '../http/operation.js';
import { readPage } from '../http/page.js';
import type { CaptureDependencies } from './captureEvents.js';
import { workspaceLimits } from './portalLimits.js';

type Dependencies = Pick<CaptureDependencies, 'pool' | 'logger' | 'registry' | 'settings'>;

const mode = z.enum(['live', 'shadow']);
const type = z.string().regex(/^[a-z][a-z0-9_]{0,62}(:[a-z][a-z0-9_]{0,62})?$/);
const eventTypeSchema = z
  .strictObject({
    name: z.string(),
    version: z.number().int(),
    description: z.string(),
    example: z.unknown().optional(),
    schema: z.looseObject({}).meta({ description: 'JSON Schema of the payload' }),
    mode,
  })
  .meta({ id: 'EventType' });
const EXAMPLE = {
  name: 'nova_earned',
  version: 1,
  description: 'A driver earned nova',
  example: { driverId: 'd-17', email: 'ada@example.com', amount: 5 },
  schema: { type: 'object' },
  mode: 'live',
};

const typeCursor = textSchema(80);
const cursorOf = ({ name, version }: { name: string; version: number }) => `${name}/${version}`;
const the = { tag: 'Event types', scopes: ['outbox'], resource: 'event type' } as const;

/** How types of events run. */
export const EVENT_TYPE_OPERATIONS = [
  defineOperation({
    ...the,
    id: 'listEventTypes',
    method: 'get',
    path: '/api/outbox/types',
    summary: 'List event types, with the schemas of their payloads',
    input: { query: z.strictObject(pageQuery(typeCursor)) },
    answers: {
      200: {
        description: 'A page of them',
        body: pageOf(eventTypeSchema).meta({ id: 'EventTypePage' }),
        example: { items: [EXAMPLE], next: null },
      },
    },
    errors: [],
    async run({ registry, settings }: Dependencies, { workspaceId }, { query: { after, limit } }) {
      const current = await settings.of(workspaceId);
      const all = registry.list();
      const from = after === undefined ? 0 : all.findIndex((one) => cursorOf(one) === after) + 1;
      if (after !== undefined && from === 0)
        throw invalidInput([{ path: 'after', message: 'must be the `next` of the page before' }]);
      const page = await readPage(limit, async (max) => all.slice(from, from + max), cursorOf);
      const items = page.items.map(({ name, version, description, schema, example }) => ({
        ...{ name, version, description, example },
        schema: { ...z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) },
        mode: current.isShadow(name) ? ('shadow' as const) : ('live' as const),
      }));
      return { status: 200, body: { items, next: page.next } };
    },
  }),

  defineOperation({
    ...the,
    id: 'setEventTypeMode',
    method: 'put',
    path: '/api/outbox/types/{type}',
    summary: 'Say how events of a type run',
    description:
      "`shadow`: they do everything but the sending. A mapping's events are of the type `generic:<name>`. For `live` the answer names portals that do not take the type as it is declared.",
    input: { params: z.strictObject({ type }), body: z.strictObject({ mode }).meta({ id: 'EventTypeMode' }) },
    answers: {
      200: {
        description: 'How they run now',
        body: z
          .strictObject({
            mode,
            limited: z
              .array(z.strictObject({ portalId, why: z.enum(FALLBACK_REASONS), hasFallback: z.boolean() }))
              .optional(),
          })
          .meta({ id: 'EventTypeModeSet' }),
        example: { mode: 'live', limited: [] },
      },
    },
    errors: ['not_found'],
    example: { body: { mode: 'shadow' } },
    async run(deps: Dependencies, caller, { params, body: { mode: wanted } }) {
      const { pool, logger, registry, settings } = deps;
      const { workspaceId } = caller;
      if (!registry.find(params.type.split(':')[0] ?? '')) throw notFound(the.resource);
      await inAuditedTransaction({ pool, logger }, caller, async (client, note) => {
        await setTypeMode(client, workspaceId, params.type, wanted);
        note('outbox.type.set', { type: params.type, mode: wanted });
      });
      settings.forget(workspaceId);
      const limits = await workspaceLimits(deps, workspaceId);
      const limited = [...limits].flatMap(([portal, all]) =>
        all
          .filter((one) => one.type === params.type)
          .map(({ why, hasFallback }) => ({ portalId: portal, why, hasFallback })),
      );
      return { status: 200, body: { mode: wanted, ...(wanted === 'live' && { limited }) } };
    },
  }),
] as const;
