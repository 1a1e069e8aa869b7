import { z } from 'zod';
import type { Config } from '../../platform/config/config.js';
import { readCustomEventAccess } from '../../db/outbox/customEvents.js';
import {
  findMapping,
  listMappings,
  lockMapping,
  putMapping,
  type MappingView,
} from '../../db/outbox/mappings.js';
import type { Queryable } from '../../db/pool.js';
import { forWorkspace } from '../../db/tenant.js';
import { pathOf } from '../../hubspot/wire/paths.js';
import { parseExactJson } from '../../domain/exactJson.js';
import { encodePayload } from '../../sdk/outbox/json.js';
import { interpret } from '../../services/outbox/interpret.js';
import { generic, parseMapping } from '../../sdk/outbox/registry/generic.js';
import { pageOf, time } from '../http/answers.js';
import { inAuditedTransaction } from '../http/auditRequest.js';
import { entityTag, ETAG, ifMatchHeaders, names, requireMatch } from '../http/entityTag.js';
import { invalidInput, notFound, pageQuery, portalIdSchema, timeSchema } from '../http/input.js';
import { defineOperation, type Caller } from '../http/operation.js';
import { readPage } from '../http/page.js';
import { requestsFor, shownEffects } from './callsFor.js';
import type { CaptureDependencies } from './captureEvents.js';

type Dependencies = Omit<CaptureDependencies, 'wakeDeliveries' | 'config' | 'portalResolver'> & {
  readonly config: Pick<
    Config,
    'HUBSPOT_API_VERSION' | 'HUBSPOT_API_VERSIONS' | 'HUBSPOT_APP_EVENTS' | 'OUTBOX_BATCH_SIZE'
  >;
};

const name = z.string().regex(/^[a-z][a-z0-9_]{0,62}$/);
const document = z.looseObject({});
const mappingSchema = z
  .strictObject({
    name,
    version: z.number().int(),
    mapping: document.meta({ description: 'As it was given' }),
    updatedAt: time,
    mode: z.enum(['live', 'shadow']).meta({ description: 'How events of it run' }),
  })
  .meta({ id: 'Mapping' });
const EXAMPLE_DOCUMENT = {
  name: 'invoice_paid',
  effects: [
    {
      kind: 'upsertContact',
      by: { property: 'email', value: { path: '/email', as: 'lower' } },
      properties: { sluice_plan: '/plan' },
    },
  ],
};
const EXAMPLE = {
  name: 'invoice_paid',
  version: 1,
  mapping: EXAMPLE_DOCUMENT,
  updatedAt: '2027-01-01T09:30:00.000Z',
  mode: 'live',
};
const requestSchema = z
  .strictObject({ method: z.string(), path: z.string(), body: z.unknown() })
  .meta({ id: 'PlannedRequest' });

const the = { tag: 'Event types', scopes: ['outbox'], resource: 'mapping' } as const;
const ofOne = { params: z.strictObject({ name }) };
const answersMapping = {
  200: { description: 'The mapping', headers: ETAG, body: mappingSchema, example: EXAMPLE },
};

/** Mappings of generic events. */
export const MAPPING_OPERATIONS = [
  defineOperation({
    ...the,
    id: 'listMappings',
    method: 'get',
    path: '/api/outbox/mappings',
    summary: 'List mappings, the newest version of each',
    input: { query: z.strictObject(pageQuery(name)) },
    answers: {
      200: {
        description: 'A page of them, by name',
        body: pageOf(mappingSchema).meta({ id: 'MappingPage' }),
        example: { items: [EXAMPLE], next: null },
      },
    },
    errors: [],
    async run({ pool }: Dependencies, { workspaceId }, { query: { after, limit } }) {
      const db = forWorkspace(pool, workspaceId);
      const { items, next } = await readPage(
        limit,
        (max) => listMappings(db, workspaceId, { after, limit: max }),
        (last) => last.name,
      );
      return { status: 200, body: { items: items.map(mappingAnswer), next } };
    },
  }),

  defineOperation({
    ...the,
    id: 'showMapping',
    method: 'get',
    path: '/api/outbox/mappings/{name}',
    summary: 'Show a mapping',
    input: {
      ...ofOne,
      headers: z.object({
        'if-none-match': z
          .string()
          .max(1000)
          .optional()
          .meta({ description: 'An `ETag` that was read: 304 where it still holds' }),
      }),
    },
    answers: { 200: answersMapping[200], 304: { description: 'It is still what it was', headers: ETAG } },
    errors: ['not_found'],
    async run({ pool }: Dependencies, { workspaceId }, { params, headers }) {
      const mapping = await mappingOf(forWorkspace(pool, workspaceId), workspaceId, params.name);
      const { 'if-none-match': ifNoneMatch } = headers;
      if (ifNoneMatch !== undefined && names(ifNoneMatch, mappingTag(mapping)))
        return { status: 304, headers: { etag: mappingTag(mapping) } };
      return shown(mapping);
    },
  }),

  defineOperation({
    ...the,
    id: 'setMapping',
    method: 'put',
    path: '/api/outbox/mappings/{name}',
    summary: 'Set a mapping',
    description: 'A change is a new version. What a mapping may say stands in docs/outbox.md.',
    input: { ...ofOne, headers: ifMatchHeaders, body: document.meta({ id: 'MappingDocument' }) },
    answers: answersMapping,
    errors: ['not_found', 'precondition_failed'],
    example: { body: EXAMPLE_DOCUMENT },
    async run(deps: Dependencies, caller, { params, headers, body }) {
      const mapping = readMapping(params.name, body);
      const ifMatch = headers['if-match'];
      await put(deps, caller, { name: params.name, mapping, ifMatch, operation: 'outbox.mapping.set' });
      const { workspaceId } = caller;
      return shown(await mappingOf(forWorkspace(deps.pool, workspaceId), workspaceId, params.name));
    },
  }),

  defineOperation({
    ...the,
    id: 'deleteMapping',
    method: 'delete',
    path: '/api/outbox/mappings/{name}',
    summary: 'Delete a mapping',
    description: 'Events that wait are still sent by the version with which they were captured.',
    input: { ...ofOne, headers: ifMatchHeaders },
    answers: { 204: { description: 'It is deleted' } },
    errors: ['not_found', 'precondition_failed'],
    async run(deps: Dependencies, caller, { params, headers }) {
      const { workspaceId } = caller;
      await mappingOf(forWorkspace(deps.pool, workspaceId), workspaceId, params.name);
      const ifMatch = headers['if-match'];
      await put(deps, caller, {
        ...{ name: params.name, mapping: null, ifMatch, operation: 'outbox.mapping.delete' },
      });
      return { status: 204 };
    },
  }),

  defineOperation({
    ...the,
    id: 'previewMapping',
    method: 'post',
    path: '/api/outbox/mappings/{name}/preview',
    summary: 'Show what an event with this data would do',
    description: 'By the stored mapping, or by the one given. Nothing is stored, nothing sent.',
    input: {
      ...ofOne,
      body: z
        .strictObject({
          data: z.unknown(),
          mapping: z.unknown().optional(),
          portalId: portalIdSchema.default(1),
          occurredAt: timeSchema.optional(),
        })
        .meta({ id: 'MappingPreview' }),
    },
    answers: {
      200: {
        description: 'The requests to HubSpot, or why there would be none',
        body: z.union([
          z.strictObject({ ok: z.literal(false), reason: z.string() }).meta({ id: 'NoEffects' }),
          z
            .strictObject({
              ok: z.literal(true),
              orderingKey: z.string().nullable(),
              effects: z.array(z.looseObject({})),
              fallbacks: z.record(z.string(), z.string()),
              requests: z.array(requestSchema),
            })
            .meta({ id: 'Effects' }),
        ]),
        example: { ok: false, reason: 'email: is missing' },
      },
    },
    errors: ['not_found'],
    example: { body: { data: { email: 'ada@example.com', plan: 'gold' } } },
    run: (deps: Dependencies, caller, { params, body }) => preview(deps, caller, params.name, body),
  }),
] as const;

const mappingAnswer = ({ mapping, ...view }: MappingView) => ({
  ...view,
  mapping: mapping as Readonly<Record<string, unknown>>,
});

/** All that is answered of it follows from these. */
const mappingTag = ({ version, mode }: MappingView) => entityTag([version, mode]);

const shown = (mapping: MappingView) => ({
  status: 200 as const,
  headers: { etag: mappingTag(mapping) },
  body: mappingAnswer(mapping),
});

async function mappingOf(db: Queryable, workspaceId: string, of: string): Promise<MappingView> {
  const found = await findMapping(db, workspaceId, of);
  if (!found) throw notFound(the.resource);
  return found;
}

interface Put {
  readonly name: string;
  /** Null deletes it. */
  readonly mapping: unknown;
  readonly ifMatch: string | undefined;
  readonly operation: 'outbox.mapping.set' | 'outbox.mapping.delete';
}

async function put(
  { pool, logger, settings }: Dependencies,
  caller: Caller,
  { name: of, mapping, ifMatch, operation }: Put,
): Promise<void> {
  const { workspaceId } = caller;
  await inAuditedTransaction({ pool, logger }, caller, async (client, note) => {
    if (ifMatch !== undefined) {
      await lockMapping(client, workspaceId, of);
      const now = await findMapping(client, workspaceId, of);
      requireMatch(ifMatch, now && mappingTag(now), the.resource);
    }
    const { version, changed } = await putMapping(client, workspaceId, of, mapping);
    if (changed) note(operation, { mapping: of, version });
  });
  settings.forget(workspaceId);
}

interface Sample {
  readonly data?: unknown;
  readonly mapping?: unknown;
  readonly portalId: number;
  readonly occurredAt?: Date | undefined;
}

async function preview(
  deps: Dependencies,
  { workspaceId }: Caller,
  of: string,
  { data, mapping: given, portalId, occurredAt = new Date() }: Sample,
) {
  const { pool, registry, config } = deps;
  const { json, problem } = encodePayload(data);
  if (problem !== undefined) throw invalidInput([{ path: 'data', message: problem }]);
  const stored = await findMapping(forWorkspace(pool, workspaceId), workspaceId, of);
  const mapping = given === undefined ? stored && readMapping(of, stored.mapping) : readMapping(of, given);
  if (!mapping) throw notFound(the.resource);
  const event = {
    ...{ id: '0', portalId, type: generic.name, version: null, orderingKey: null },
    ...{ payload: { name: of, data: parseExactJson(json) }, occurredAt, capturedAt: occurredAt },
  };
  const only = { mapping: (wanted: string) => (wanted === of ? { version: 0, mapping } : undefined) };
  const context = {
    eventId: '0',
    portalId: String(portalId),
    occurredAt: occurredAt.toISOString(),
    ...deps.options,
  };
  const interpreted = interpret(event, context, registry, only);
  if (!interpreted.ok)
    return { status: 200 as const, body: { ok: false as const, reason: interpreted.reason } };
  const access = await readCustomEventAccess(forWorkspace(pool, workspaceId), [portalId]);
  const { effects, fallbacks } = shownEffects(interpreted.effects, access.get(portalId));
  const all = requestsFor([event], {
    ...deps,
    settings: only,
    batchSize: config.OUTBOX_BATCH_SIZE,
    appEvents: config.HUBSPOT_APP_EVENTS,
    access,
  });
  const requests = all.map(({ resource, params, body }) => ({ ...pathOf(resource, config, params), body }));
  const { orderingKey } = interpreted;
  const body = { orderingKey, effects: effects.map((one) => ({ ...one })), requests };
  return {
    status: 200 as const,
    body: { ok: true as const, ...body, fallbacks: Object.fromEntries(fallbacks) },
  };
}

function readMapping(of: string, given: unknown) {
  const named = typeof given === 'object' && given !== null ? { name: of, ...given } : given;
  const parsed = parseMapping(named);
  if (!parsed.ok)
    throw invalidInput(
      parsed.reason.split('; ').map((problem) => {
        const [, path = '', message = problem] = /^([\w.]+): (.*)$/s.exec(problem) ?? [];
        return { path, message };
      }),
    );
  if (parsed.mapping.name !== of)
    throw invalidInput([{ path: 'name', message: `must be ${of}, as in the path` }]);
  return parsed.mapping;
}
