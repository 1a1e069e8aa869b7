import { setImmediate as nextTurn } from 'node:timers/promises';
import { json } from '../platform/answer.js';
import { readChanges } from '../crm/changes.js';
import type { Crm } from '../crm/crm.js';
import { Mutator } from '../crm/mutator.js';
import type { ObjectType } from '../crm/objectTypes.js';
import { EdgeVerification, type Pair } from '../crm/edgeVerification.js';
import { isNamed, Verification, type Truth } from '../crm/verification.js';
import type { World } from '../world.js';
import { ControlError, read } from './controlError.js';
import { portalOf, refusedAs, typeNamed, typeOf } from './lookups.js';
import {
  associatePlan,
  bulkEditPlan,
  edgeRow,
  generatePlan,
  mirrorRow,
  mutatorPlan,
  nothing,
  verifyQuery,
} from './plans.js';
import { route, streamRoute, type ControlRoute } from './router.js';

/** After so many rows, other requests get their turn. */
const ROWS_AT_ONCE = 1_000;

/** What a mirror of the records is tried with: many of them, changes while it reads, and the comparison at the end. */
export function createMirrorRoutes(): ControlRoute[] {
  return [
    route('POST', '/portals/:id/crm/:type/generate', ({ world, params, body }) => {
      const crm = world.crmOf(portalOf(world, params));
      const type = typeOf(world, params);
      const { count, seed = world.seed } = read(generatePlan, body, 'body');
      if (type.name !== 'contacts') throw new ControlError(400, 'Only contacts are generated');
      const store = crm.store(type);
      if (store.ids.length > 0)
        throw new ControlError(409, 'Only a portal that never had contacts can be filled');
      store.generate(count, seed);
      return json(201, { records: crm.counts(), seed });
    }),
    route('POST', '/portals/:id/crm/:type/bulk-edit', ({ world, params, body }) => {
      const crm = world.crmOf(portalOf(world, params));
      const type = typeOf(world, params);
      const { count, properties } = read(bulkEditPlan, body, 'body');
      return json(200, editAtOnce(crm, type, count, properties));
    }),
    route('POST', '/portals/:id/crm/:type/associate', ({ world, params, body }) => {
      const crm = world.crmOf(portalOf(world, params));
      const to = typeNamed(crm, read(associatePlan, body, 'body').to);
      return json(200, { associated: associateAll(crm, typeOf(world, params), to) });
    }),
    route('POST', '/portals/:id/crm/mutator', ({ world, params, body }) => {
      const crm = world.crmOf(portalOf(world, params));
      const { types, ...plan } = read(mutatorPlan, body, 'body');
      const found = types.map((name) => typeNamed(crm, name));
      crm.mutate(new Mutator(crm, { ...plan, seed: plan.seed ?? world.seed, types: found }));
      return json(201, show(crm));
    }),
    route('GET', '/portals/:id/crm/mutator', ({ world, params }) =>
      json(200, show(world.crmOf(portalOf(world, params)))),
    ),
    route('DELETE', '/portals/:id/crm/mutator', ({ world, params, body }) => {
      read(nothing, body, 'body');
      const crm = world.crmOf(portalOf(world, params));
      crm.mutator?.close();
      return json(200, show(crm));
    }),
    streamRoute('POST', '/verify', async ({ world, query }, lines) => {
      const { portalId, types, properties, pairs } = read(verifyQuery, query, 'query');
      const truths = truthsOf(world, portalId, types);
      const everywhere = truthsOf(world, undefined, []);
      const isElsewhere = (id: number, name: string) => everywhere.some((truth) => isNamed(truth, id, name));
      const verification = new Verification(truths, properties, isElsewhere);
      const edges = new EdgeVerification(pairsOf(world, portalId, pairs));
      let line = 0;
      for await (const text of lines) {
        line += 1;
        if (line % ROWS_AT_ONCE === 0) await nextTurn();
        if (text.trim() === '') continue;
        const row = parse(text, line);
        if (isEdge(row)) edges.add(read(edgeRow, row, `line ${line}`));
        else verification.add(read(mirrorRow, row, `line ${line}`));
      }
      const records = verification.finish();
      const associations = edges.finish();
      const ok = records.ok && associations.missing + associations.ghosts === 0;
      return json(200, { ...records, ok, associations });
    }),
  ];
}

/** All get the same time of change, as in a bulk edit of HubSpot's; without properties it is all that they get. */
function editAtOnce(crm: Crm, type: ObjectType, count: number, properties: Readonly<Record<string, string>>) {
  const store = crm.store(type);
  const context = { ...crm.writing(type, 'v3'), rules: undefined };
  const atMs = store.now();
  let edited = 0;
  refusedAs(() => {
    for (const record of store.live()) {
      if (edited === count) break;
      store.update(record, readChanges(context, properties, record), atMs);
      edited += 1;
    }
  });
  return { edited, lastModified: new Date(atMs).toISOString() };
}

/** Each live record with one of the others, who come in turn: as the primary one, where the types know that. */
function associateAll(crm: Crm, from: ObjectType, to: ObjectType): number {
  const others = [...crm.store(to).live()];
  const primary = crm.associations.types.between(from.id, to.id).filter(({ label }) => label === 'Primary');
  crm.associations.types.connect(from.id, to.id);
  let associated = 0;
  for (const { id } of crm.store(from).live()) {
    const other = others[associated % others.length];
    if (!other) break;
    crm.associations.replace(from.id, id, to.id, other.id, primary);
    associated += 1;
  }
  return associated;
}

function show({ mutator }: Crm) {
  return { running: mutator?.running ?? false, done: mutator?.done ?? {} };
}

/** What there ever was in a portal, or the types of records that are named. */
function truthsOf(world: World, portalId: number | undefined, names: readonly string[]): Truth[] {
  const portals = portalId === undefined ? world.portals.all() : [portalOf(world, [String(portalId)])];
  return portals.flatMap((portal) => {
    const crm = world.crmOf(portal);
    const types = names.length > 0 ? names.map((name) => typeNamed(crm, name)) : crm.usedTypes();
    return types.map((type) => ({ portalId: portal.portalId, type, store: crm.store(type) }));
  });
}

/** The associations that are named, or none. */
function pairsOf(
  world: World,
  portalId: number | undefined,
  named: readonly (readonly [string, string])[],
): Pair[] {
  const portals = portalId === undefined ? world.portals.all() : [portalOf(world, [String(portalId)])];
  return portals.flatMap((portal) => {
    const crm = world.crmOf(portal);
    return named.map(([from, to]) => ({
      ...{ portalId: portal.portalId, crm },
      ...{ from: typeNamed(crm, from), to: typeNamed(crm, to) },
    }));
  });
}

const isEdge = (row: unknown) => typeof row === 'object' && row !== null && 'fromType' in row;

function parse(text: string, line: number): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ControlError(400, `Line ${line} is no JSON: ${text.slice(0, 100)}`);
  }
}
