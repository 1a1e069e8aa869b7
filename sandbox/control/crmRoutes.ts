import { setImmediate as nextTurn } from 'node:timers/promises';
import { json } from '../platform/answer.js';
import { readChanges } from '../crm/changes.js';
import { BY_IMPORT } from '../crm/crmChange.js';
import { ControlError, read } from './controlError.js';
import { portalOf, refusedAs, typeOf } from './lookups.js';
import {
  misbehaviourPlan,
  pipelinesPlan,
  recalculatePlan,
  restorePlan,
  rulesPlan,
  seedPlan,
} from './plans.js';
import { route, type ControlRoute } from './router.js';

/** After so many records, other requests get their turn. */
const SEEDED_AT_ONCE = 1_000;

/** What people do in a portal's CRM, without a token and without limits. */
export function createCrmControlRoutes(): ControlRoute[] {
  return [
    route('GET', '/portals/:id/crm', ({ world, params }) => {
      const crm = world.crmOf(portalOf(world, params));
      return json(200, { records: crm.counts(), events: Object.fromEntries(crm.events) });
    }),
    route('POST', '/portals/:id/crm/:type/seed', async ({ world, params, body }) => {
      const crm = world.crmOf(portalOf(world, params));
      const type = typeOf(world, params);
      const { count, properties } = read(seedPlan, body, 'body');
      const store = crm.store(type);
      const context = { ...crm.writing(type, 'v3'), rules: undefined };
      const first = store.count;
      for (let n = first; n < first + count; n += 1) {
        if (n % SEEDED_AT_ONCE === 0) await nextTurn();
        const numbered = Object.entries(properties).map(([name, value]) => [
          name,
          value.replaceAll('{n}', String(n)),
        ]);
        refusedAs(() => {
          const changes = readChanges(context, Object.fromEntries(numbered), undefined);
          store.requireUnique(changes, undefined);
          crm.by(BY_IMPORT, () => store.create(changes));
        });
      }
      return json(201, { records: crm.counts() });
    }),
    route('POST', '/portals/:id/crm/:type/restore', ({ world, params, body }) => {
      const store = world.crmOf(portalOf(world, params)).store(typeOf(world, params));
      const known = read(restorePlan, body, 'body').ids.map((id) => {
        const record = store.find(id);
        if (record) return record;
        throw new ControlError(404, `There is no record ${id}, not even in the recycle bin`);
      });
      const archived = known.filter(({ archivedAtMs }) => archivedAtMs !== undefined);
      for (const record of archived) refusedAs(() => store.restore(record));
      return json(200, { restored: archived.length });
    }),
    route('PUT', '/portals/:id/crm/:type/rules', ({ world, params, body }) => {
      const rules = read(rulesPlan, body, 'body');
      world.crmOf(portalOf(world, params)).rules.set(typeOf(world, params), rules);
      return json(200, rules);
    }),
    route('POST', '/portals/:id/crm/:type/recalculate', ({ world, params, body }) => {
      const { property, value, ids } = read(recalculatePlan, body, 'body');
      const store = world.crmOf(portalOf(world, params)).store(typeOf(world, params));
      if (!store.schema.find(property)?.calculated) {
        throw new ControlError(400, `body.property: ${property} is no calculated property`);
      }
      return json(200, { recalculated: store.recalculate(property, value, ids) });
    }),
    route('PUT', '/portals/:id/crm/:type/pipelines', ({ world, params, body }) => {
      const crm = world.crmOf(portalOf(world, params));
      const type = typeOf(world, params);
      if (!crm.pipelines.of(type)) throw new ControlError(400, `${type.name} have no pipelines`);
      const pipelines = read(pipelinesPlan, body, 'body').pipelines.map((pipeline, displayOrder) => ({
        ...pipeline,
        displayOrder,
        stages: pipeline.stages.map((stage, order) => ({ ...stage, displayOrder: order, metadata: {} })),
      }));
      crm.pipelines.set(type, pipelines);
      return json(200, { pipelines });
    }),
    route('PUT', '/portals/:id/crm/:type/misbehaviour', ({ world, params, body }) => {
      const misbehaviour = read(misbehaviourPlan, body, 'body');
      world.crmOf(portalOf(world, params)).misbehaviours.set(typeOf(world, params), misbehaviour);
      return json(200, misbehaviour);
    }),
  ];
}
