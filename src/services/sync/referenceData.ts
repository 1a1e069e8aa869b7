import { z } from 'zod';
import {
  noteReferenceRead,
  ownersAreFresh,
  writeOwners,
  writePipelines,
  type Owner,
  type Pipeline,
} from '../../db/crm/reference.js';
import type { Pool, Queryable } from '../../db/pool.js';
import type { SyncedObject } from '../../db/sync/reader.js';
import { forWorkspace } from '../../db/tenant.js';
import { storeText } from '../../domain/crm/storedText.js';
import type { Gateway, Outcome } from '../../hubspot/gateway/gateway.js';
import { refusedBy } from './syncRefused.js';

const DEADLINE_MS = 20_000;
/** A little less than the pass that asks takes: whichever of a portal's types comes first reads the owners. */
const FRESH_MINUTES = 50;
const OWNERS_PAGE = 500;
const MOST_OWNER_PAGES = 100;

const text = z.string().transform(storeText);
const name = text.nullish().transform((one) => one ?? null);
const order = z.number().int().nullish();
const ownersSchema = z.object({
  results: z.array(
    z.object({
      ...{ id: z.string().regex(/^[1-9]\d{0,17}$/), userId: z.number().int().positive().nullish() },
      ...{ email: name, firstName: name, lastName: name },
    }),
  ),
  paging: z.object({ next: z.object({ after: z.string() }).nullish() }).nullish(),
});
const pipelinesSchema = z.object({
  results: z.array(
    z.object({
      ...{ id: text, label: text, displayOrder: order, archived: z.boolean().nullish() },
      stages: z.array(
        z.object({
          ...{ id: text, label: text, displayOrder: order, archived: z.boolean().nullish() },
          metadata: z.record(text, z.union([text, z.number(), z.boolean(), z.null()])).nullish(),
        }),
      ),
    }),
  ),
});

interface Dependencies {
  readonly pool: Pool;
  readonly gateway: Pick<Gateway, 'request'>;
}

/** Names that were read, and what stores them. */
export interface ReferenceRead {
  readonly write: (client: Queryable) => Promise<void>;
}

/**
 * The names of a portal's owners, and of the pipelines and stages of a type. They help to read records and are no part
 * of them: what cannot be read is noted with its reason and holds nothing up, and what was read before stays.
 */
export async function readReference(deps: Dependencies, object: SyncedObject): Promise<ReferenceRead> {
  const failures: string[] = [];
  const ask = async <T>(what: string, read: () => Promise<T | string>): Promise<T | undefined> => {
    const found = await read();
    if (typeof found !== 'string') return found;
    failures.push(`${what}: ${found}`);
    return undefined;
  };
  const isFresh = await ownersAreFresh(forWorkspace(deps.pool, object.workspaceId), object, FRESH_MINUTES);
  const owners = isFresh ? undefined : await ask('owners', () => readOwners(deps, object));
  const pipelines = hasPipelines(object.objectType)
    ? await ask('pipelines', () => readPipelines(deps, object))
    : undefined;
  return {
    async write(client) {
      if (owners) await writeOwners(client, object, owners);
      if (pipelines) await writePipelines(client, object, pipelines);
      await noteReferenceRead(client, object, failures.length === 0 ? null : failures.join('; '));
    },
  };
}

/** Contacts and companies have none. */
export const hasPipelines = (objectType: string): boolean =>
  objectType !== 'contacts' && objectType !== 'companies';

async function readOwners({ gateway }: Dependencies, object: SyncedObject): Promise<Owner[] | string> {
  const owners = new Map<string, Owner>();
  // Records go on naming those who are archived.
  for (const archived of [true, false]) {
    let after: string | undefined;
    for (let page = 0; ; page += 1) {
      const outcome = await gateway.request({
        ...{
          resource: 'listOwners',
          portalId: object.portalId,
          priority: 'backfill',
          deadlineMs: DEADLINE_MS,
        },
        query: { limit: OWNERS_PAGE, archived, ...(after !== undefined && { after }) },
      });
      const read = bodyOf(ownersSchema, outcome, 'owners');
      if (typeof read === 'string') return read;
      for (const { id, userId, ...names } of read.results)
        owners.set(id, { id, ...names, userId: userId == null ? null : String(userId), archived });
      const next = read.paging?.next?.after;
      if (next === undefined) break;
      if (next === after || page >= MOST_OWNER_PAGES)
        return 'HubSpot names a next page that leads nowhere new';
      after = next;
    }
  }
  return [...owners.values()];
}

async function readPipelines({ gateway }: Dependencies, object: SyncedObject): Promise<Pipeline[] | string> {
  const { portalId, objectType } = object;
  const outcome = await gateway.request({
    ...{ resource: 'listPipelines', params: { objectType }, portalId, priority: 'backfill' },
    deadlineMs: DEADLINE_MS,
  });
  // A custom type need not have any.
  if (outcome.kind === 'notFound' || outcome.kind === 'invalid') return [];
  const read = bodyOf(pipelinesSchema, outcome, `pipelines of ${objectType}`);
  if (typeof read === 'string') return read;
  const whole = <
    T extends { archived?: boolean | null | undefined; displayOrder?: number | null | undefined },
  >(
    one: T,
  ) => ({ ...one, archived: one.archived ?? false, displayOrder: one.displayOrder ?? 0 });
  return read.results.map(({ stages, ...pipeline }) => ({
    ...whole(pipeline),
    stages: stages.map((stage) => ({ ...whole(stage), metadata: stage.metadata ?? {} })),
  }));
}

function bodyOf<S extends z.ZodType>(schema: S, outcome: Outcome, what: string): z.output<S> | string {
  if (outcome.kind !== 'ok') return refusedBy(outcome, what).message;
  const parsed = schema.safeParse(outcome.body);
  return parsed.success ? parsed.data : 'HubSpot answered what is not understood';
}
