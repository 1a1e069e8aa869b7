import { setImmediate as nextTurn } from 'node:timers/promises';
import { json } from '../platform/answer.js';
import { readChanges } from '../crm/changes.js';
import { CrmError } from '../crm/errors.js';
import { ALL_TYPES, typeNamed, type ObjectType } from '../crm/objectTypes.js';
import { ControlError, read } from './controlError.js';
import { portalOf } from './lookups.js';
import { misbehaviourPlan, rulesPlan, seedPlan } from './plans.js';
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
      const type = typeOf(params[1]);
      const { count, properties } = read(seedPlan, body, 'body');
      const store = crm.store(type);
      const context = { ...crm.writing(type, 'v3'), rules: undefined };
      const first = store.count;
      try {
        for (let n = first; n < first + count; n += 1) {
          if (n % SEEDED_AT_ONCE === 0) await nextTurn();
          const numbered = Object.entries(properties).map(([name, value]) => [
            name,
            value.replaceAll('{n}', String(n)),
          ]);
          const changes = readChanges(context, Object.fromEntries(numbered), undefined);
          store.requireUnique(changes, undefined);
          store.create(changes);
        }
      } catch (error) {
        if (!(error instanceof CrmError)) throw error;
        throw new ControlError(error.failure.status, error.message);
      }
      return json(201, { records: crm.counts() });
    }),
    route('PUT', '/portals/:id/crm/:type/rules', ({ world, params, body }) => {
      const rules = read(rulesPlan, body, 'body');
      world.crmOf(portalOf(world, params)).rules.set(typeOf(params[1]), rules);
      return json(200, rules);
    }),
    route('PUT', '/portals/:id/crm/:type/misbehaviour', ({ world, params, body }) => {
      const misbehaviour = read(misbehaviourPlan, body, 'body');
      world.crmOf(portalOf(world, params)).misbehaviours.set(typeOf(params[1]), misbehaviour);
      return json(200, misbehaviour);
    }),
  ];
}

function typeOf(name: string | undefined): ObjectType {
  const type = typeNamed(name ?? '');
  if (type) return type;
  const types = ALL_TYPES.map((one) => one.name);
  throw new ControlError(404, `There is no kind of record ${name ?? ''}. There are: ${types.join(', ')}`, {
    types,
  });
}
