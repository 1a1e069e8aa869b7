import { Router, type Request } from 'express';
import { z } from 'zod';
import type { Config } from '../../platform/config/config.js';
import { readCustomEventAccess } from '../../db/outbox/customEvents.js';
import { findMapping, listMappings, putMapping, setTypeMode } from '../../db/outbox/mappings.js';
import { forWorkspace } from '../../db/tenant.js';
import { pathOf } from '../../hubspot/wire/paths.js';
import { parseExactJson } from '../../domain/exactJson.js';
import { encodePayload } from '../../sdk/outbox/json.js';
import { requestsFor, shownEffects } from './callsFor.js';
import { interpret } from '../../services/outbox/interpret.js';
import { generic, parseMapping } from '../../sdk/outbox/registry/generic.js';
import { callerOf, inAuditedTransaction } from '../http/auditRequest.js';
import { apiKeyOf, requireScope } from '../http/authenticate.js';
import { sendExactJson } from '../http/sendExactJson.js';
import { invalidInput, notFound, parseInput, portalIdSchema, timeSchema } from '../http/input.js';
import { workspaceLimits } from './portalLimits.js';
import type { CaptureDependencies } from './captureEvents.js';

const NAME = /^[a-z][a-z0-9_]{0,62}$/;
const TYPE = /^[a-z][a-z0-9_]{0,62}(:[a-z][a-z0-9_]{0,62})?$/;

const previewSchema = z.strictObject({
  data: z.unknown(),
  mapping: z.unknown().optional(),
  portalId: portalIdSchema.default(1),
  occurredAt: timeSchema.optional(),
});
const modeSchema = z.strictObject({ mode: z.enum(['live', 'shadow']) });

type Dependencies = Omit<CaptureDependencies, 'wakeDeliveries' | 'config' | 'portalResolver'> & {
  readonly config: Pick<
    Config,
    'HUBSPOT_API_VERSION' | 'HUBSPOT_API_VERSIONS' | 'HUBSPOT_APP_EVENTS' | 'OUTBOX_BATCH_SIZE'
  >;
};

/** Mappings of generic events, and how types of events run. */
export function mappingsRouter(deps: Dependencies): Router {
  const router = Router();
  const { pool, logger, registry, settings, config } = deps;
  const write = requireScope('outbox');

  router.get('/mappings', requireScope('outbox'), async (request, response) => {
    const { workspaceId } = apiKeyOf(request);
    sendExactJson(response, {
      items: await listMappings(forWorkspace(pool, workspaceId), workspaceId),
      next: null,
    });
  });

  router.get('/mappings/:name', requireScope('outbox'), async (request, response) => {
    const { workspaceId } = apiKeyOf(request);
    const found = await findMapping(forWorkspace(pool, workspaceId), workspaceId, nameOf(request));
    if (!found) throw notFound('mapping');
    sendExactJson(response, found);
  });

  router.put('/mappings/:name', write, async (request, response) => {
    const name = nameOf(request);
    const mapping = readMapping(name, request.body);
    await put(request, name, mapping, 'outbox.mapping.set');
    const { workspaceId } = apiKeyOf(request);
    sendExactJson(response, await findMapping(forWorkspace(pool, workspaceId), workspaceId, name));
  });

  /** Events that wait are still sent by the version with which they were captured. */
  router.delete('/mappings/:name', write, async (request, response) => {
    const name = nameOf(request);
    const { workspaceId } = apiKeyOf(request);
    if (!(await findMapping(forWorkspace(pool, workspaceId), workspaceId, name))) throw notFound('mapping');
    await put(request, name, null, 'outbox.mapping.delete');
    response.status(204).end();
  });

  /** What an event with this data would do. Nothing is stored, nothing sent. */
  router.post('/mappings/:name/preview', requireScope('outbox'), async (request, response) => {
    const name = nameOf(request);
    const {
      data,
      mapping: given,
      portalId,
      occurredAt = new Date(),
    } = parseInput(previewSchema, request.body);
    const { json, problem } = encodePayload(data);
    if (problem !== undefined) throw invalidInput([{ path: 'data', message: problem }]);
    const { workspaceId } = apiKeyOf(request);
    const stored = await findMapping(forWorkspace(pool, workspaceId), workspaceId, name);
    const mapping =
      given === undefined ? stored && readMapping(name, stored.mapping) : readMapping(name, given);
    if (!mapping) throw notFound('mapping');
    const event = {
      ...{ id: '0', portalId, type: generic.name, version: null, orderingKey: null },
      ...{ payload: { name, data: parseExactJson(json) }, occurredAt, capturedAt: occurredAt },
    };
    const only = { mapping: (wanted: string) => (wanted === name ? { version: 0, mapping } : undefined) };
    const context = {
      eventId: '0',
      portalId: String(portalId),
      occurredAt: occurredAt.toISOString(),
      ...deps.options,
    };
    const interpreted = interpret(event, context, registry, only);
    if (!interpreted.ok) return void response.json({ ok: false, reason: interpreted.reason });
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
    response.json({ ok: true, orderingKey, effects, fallbacks: Object.fromEntries(fallbacks), requests });
  });

  router.get('/types', requireScope('outbox'), async (request, response) => {
    const current = await settings.of(apiKeyOf(request).workspaceId);
    const items = registry.list().map(({ name, version, description, schema, example }) => ({
      ...{ name, version, description, example },
      schema: z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }),
      mode: current.isShadow(name) ? 'shadow' : 'live',
    }));
    response.json({ items, next: null });
  });

  /**
   * `shadow`: events of the type do everything but the sending. A mapping's events are of the type `generic:<name>`.
   */
  router.put('/types/:type', write, async (request, response) => {
    const { type } = request.params;
    const { mode } = parseInput(modeSchema, request.body);
    const { workspaceId } = apiKeyOf(request);
    const known = typeof type === 'string' && TYPE.test(type) && registry.find(type.split(':')[0] ?? '');
    if (!known || typeof type !== 'string') throw notFound('event type');
    await inAuditedTransaction({ pool, logger }, callerOf(request), async (client, note) => {
      await setTypeMode(client, workspaceId, type, mode);
      note('outbox.type.set', { type, mode });
    });
    settings.forget(workspaceId);
    const limits = await workspaceLimits(deps, workspaceId);
    const portals = [...limits].flatMap(([portalId, all]) =>
      all.filter((one) => one.type === type).map(({ why, hasFallback }) => ({ portalId, why, hasFallback })),
    );
    response.json({ mode, ...(mode === 'live' && { limited: portals }) });
  });

  async function put(request: Request, name: string, mapping: unknown, operation: string): Promise<void> {
    const { workspaceId } = apiKeyOf(request);
    await inAuditedTransaction({ pool, logger }, callerOf(request), async (client, note) => {
      const { version, changed } = await putMapping(client, workspaceId, name, mapping);
      if (changed) note(operation, { mapping: name, version });
    });
    settings.forget(workspaceId);
  }

  return router;
}

function nameOf(request: Request): string {
  const { name } = request.params;
  if (typeof name !== 'string' || !NAME.test(name)) throw notFound('mapping');
  return name;
}

function readMapping(name: string, document: unknown) {
  const named = typeof document === 'object' && document !== null ? { name, ...document } : document;
  const parsed = parseMapping(named);
  if (!parsed.ok)
    throw invalidInput(
      parsed.reason.split('; ').map((problem) => {
        const [, path = '', message = problem] = /^([\w.]+): (.*)$/s.exec(problem) ?? [];
        return { path, message };
      }),
    );
  if (parsed.mapping.name !== name)
    throw invalidInput([{ path: 'name', message: `must be ${name}, as in the path` }]);
  return parsed.mapping;
}
