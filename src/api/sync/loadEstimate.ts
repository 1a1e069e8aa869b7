import { z } from 'zod';
import type { Pool } from '../../db/pool.js';
import { readDayLimit } from '../../db/portals/dayLimits.js';
import { findPortalView } from '../../db/portals/portalViews.js';
import type { SyncedObject } from '../../db/sync/reader.js';
import { typesBeside } from '../../db/sync/typesBeside.js';
import { findSync } from '../../db/sync/views.js';
import { forWorkspace } from '../../db/tenant.js';
import { estimateLoad, scopeToRead, sensitiveScopes } from '../../domain/sync/loadEstimate.js';
import { bucketLimits, type BudgetsConfig } from '../../hubspot/budget/bucketLimits.js';
import { AppError } from '../../platform/errors.js';
import type { LoadFactsRead } from '../../temporal/sync/contract.js';
import type { SyncStarter } from '../../temporal/sync/starter.js';
import { objectTypeSchema } from '../crm/recordAnswers.js';
import { portalId, time } from '../http/answers.js';
import type { Caller } from '../http/operation.js';
import { createStreamsUnderWay } from '../http/streamsUnderWay.js';
import { refusePortal } from './refusePortal.js';

const HOUR_MS = 3_600_000;
const RETRY_AFTER_MS = 5000;
/** What passes by itself; the rest is for a person to mend. */
const PASSES = new Set(['throttled', 'unavailable', 'unclear']);

const count = z.number().int();

/** What a first load would come to. */
export const loadEstimateSchema = z
  .strictObject({
    dryRun: z.literal(true),
    portalId,
    objectType: objectTypeSchema,
    records: count.meta({ description: "By the total of HubSpot's search: an estimate" }),
    calls: z
      .strictObject({
        lists: count.meta({ description: 'Of 100 records each' }),
        values: count.meta({
          description: 'Batches of 100, where the names of the properties are too long for an address',
        }),
        associations: count.meta({
          description:
            'Of 1,000 records each: those of this type, and those of mirrored types with this one; more where one record has many',
        }),
        total: count.meta({ description: 'With a few beside: totals, definitions, owners, pipelines' }),
      })
      .meta({ description: 'Without what follows changes, and without the hourly passes' }),
    hours: z.number().meta({
      description: "At the most that the portal's limits let through, where nothing else asks HubSpot for it",
    }),
    day: z
      .strictObject({
        limit: count,
        used: count.meta({ description: 'Of it by all private apps of the account, when it was read' }),
        share: z
          .number()
          .meta({ description: 'What the first load takes of the limit; above 1: of several days' }),
        endsAt: time,
      })
      .nullable()
      .meta({ description: 'Null: HubSpot does not tell this app the limit of the account for a day' }),
    properties: z.strictObject({
      count: count.meta({ description: 'All that HubSpot defines; fewer are chosen once it is started' }),
      calculated: count.meta({ description: 'Of them those that are read again once a day' }),
    }),
    associations: z
      .array(objectTypeSchema)
      .meta({ description: 'With records of these types they are read' }),
    scopes: z.strictObject({
      needed: z.array(z.string()),
      missing: z
        .array(z.string())
        .meta({ description: 'As far as the scopes of the portal are known: without them nothing is read' }),
      sensitive: z
        .array(z.string())
        .meta({ description: 'That are granted: so sensitive properties are among those that are read' }),
    }),
  })
  .meta({ id: 'SyncEstimate' });
export type LoadEstimateAnswer = z.input<typeof loadEstimateSchema>;

export interface EstimateDependencies {
  readonly pool: Pool;
  readonly temporal: Pick<SyncStarter, 'readLoadFacts'>;
  readonly config: BudgetsConfig;
}

/** Each holds an activity of a worker for up to some seconds. */
const underWay = createStreamsUnderWay({ ofKey: 2, ofAll: 8, noun: 'dry runs', verb: 'under way' });

/** Says what a start would come to, and starts nothing. HubSpot is asked by a worker, which alone has a way to it. */
export async function estimateStart(
  { pool, temporal, config }: EstimateDependencies,
  { workspaceId, key }: Caller,
  of: Pick<SyncedObject, 'portalId' | 'objectType'>,
  chosen: readonly string[] | null | undefined,
): Promise<LoadEstimateAnswer> {
  const object = { workspaceId, ...of };
  const db = forWorkspace(pool, workspaceId);
  await refusePortal(db, object.portalId);
  const known = await findSync(db, workspaceId, object.portalId, object.objectType);
  if (known && known.state !== 'ended')
    throw new AppError(
      'conflict',
      `The ${object.objectType} of portal ${object.portalId} are mirrored already: a start goes on where it is`,
    );
  const facts = await underWay.run(key.id, () => temporal.readLoadFacts(object));
  if (!facts) throw unanswered();
  if ('refused' in facts) throw refusal(facts.refused);
  const [beside, day, portal] = await Promise.all([
    typesBeside(db, object),
    readDayLimit(db, object.portalId),
    findPortalView(db, object.portalId),
  ]);
  const associations = chosen ?? beside.map(({ objectType }) => objectType);
  const { records, properties, calculated, isWide } = facts;
  const { calls, ms } = estimateLoad(
    {
      ...{ records, isWide, associations },
      readAnew: beside.filter(({ readsWith }) => readsWith).map((one) => one.records),
    },
    bucketLimits(config),
  );
  const needed = [scopeToRead(object.objectType)];
  const granted = portal?.scopes ?? [];
  return {
    ...{ dryRun: true, portalId: object.portalId, objectType: object.objectType, records, calls },
    hours: Math.round((ms / HOUR_MS) * 100) / 100,
    day: day
      ? {
          ...{ limit: day.limit, used: day.used, endsAt: day.endsAt.toISOString() },
          share: Math.round((calls.total / day.limit) * 10_000) / 10_000,
        }
      : null,
    properties: { count: properties, calculated },
    associations: [...associations],
    scopes: {
      needed,
      missing: granted.length === 0 ? [] : needed.filter((scope) => !granted.includes(scope)),
      sensitive: sensitiveScopes(object.objectType, granted),
    },
  };
}

function unanswered(): AppError {
  return new AppError('unavailable', 'No worker has answered: see npx sluice status, and ask again', {
    retryAfterMs: RETRY_AFTER_MS,
  });
}

function refusal({
  errorClass,
  message,
  retryAfterMs,
}: Extract<LoadFactsRead, { refused: unknown }>['refused']): AppError {
  return PASSES.has(errorClass)
    ? new AppError('unavailable', message, { retryAfterMs: retryAfterMs ?? RETRY_AFTER_MS })
    : new AppError('conflict', message);
}
