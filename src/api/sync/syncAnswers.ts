import { z } from 'zod';
import { isObjectType } from '../../domain/crm/objectType.js';
import { objectTypeSchema } from '../crm/recordAnswers.js';
import { portalId, time } from '../http/answers.js';

const count = z.number().int();

const progressSchema = z
  .strictObject({
    expected: count.nullable().meta({ description: "Records by HubSpot's total: an estimate" }),
    share: z.number().min(0).max(1).nullable(),
    perSecond: z.number().nullable().meta({ description: 'Records a second while it was read' }),
    endsAt: time.nullable().meta({ description: 'When it is through, if it is read on at this rate' }),
  })
  .meta({ id: 'SyncProgress' });

const resyncSchema = z
  .strictObject({
    what: z.enum(['all', 'since', 'ids']),
    since: time.nullable(),
    askedAt: time,
    endedAt: time.nullable().meta({ description: 'Null: it is under way' }),
    read: count.meta({ description: 'Records that were read again' }),
    changed: count.meta({ description: 'Of them those that the mirror had otherwise, or not at all' }),
    absent: count.meta({ description: 'Of those that were named: HubSpot did not show them' }),
    expected: count.nullable().meta({ description: 'How many there are to read: an estimate' }),
    refused: z.string().nullable().meta({ description: 'Why it came to no end' }),
  })
  .meta({ id: 'Resync' });

const associationsSchema = z
  .strictObject({
    chosen: z.array(objectTypeSchema).nullable().meta({
      description: 'With records of which types they are read. Null: of all other types that are mirrored',
    }),
    readAt: time.nullable().meta({ description: 'When those of all records were read last' }),
    behindSince: time
      .nullable()
      .meta({ description: 'Since then some may be missing: all are read again, soon' }),
    refused: z
      .array(z.strictObject({ objectType: objectTypeSchema, reason: z.string(), at: time }))
      .meta({ description: 'With these types HubSpot refuses them; the mirror has them as they were' }),
  })
  .meta({ id: 'SyncAssociations' });

/** How the mirror of a type stands. */
export const syncSchema = z
  .strictObject({
    portalId,
    objectType: objectTypeSchema,
    typeName: z.string().nullable().meta({ description: "Of a custom object: HubSpot's name of it" }),
    typeLabel: z.string().nullable().meta({ description: 'Of a custom object: what people read' }),
    state: z.enum(['loading', 'following', 'paused', 'ended']).meta({
      description:
        '`loading`: all records are read for the first time; `following`: what changes is read; `ended`: the portal was disconnected, and the mirror is removed 30 days later',
    }),
    reading: z.boolean().meta({ description: 'It is being read at this moment' }),
    records: count.meta({ description: 'Records in the mirror that are not in the recycle bin' }),
    loaded: count.meta({ description: 'Records that the first load has read' }),
    progress: progressSchema
      .nullable()
      .meta({ description: 'Of the first load. Null: it is through or held up' }),
    startedAt: time,
    loadedAt: time.nullable(),
    freshUntil: time
      .nullable()
      .meta({ description: "What changed before this moment of HubSpot's clock is in the mirror" }),
    lagSeconds: count.nullable().meta({ description: 'How long ago `freshUntil` is' }),
    calculatedAt: time
      .nullable()
      .meta({ description: 'When the calculated properties of all records were read last: once a day' }),
    reference: z
      .strictObject({
        readAt: time.nullable(),
        failure: z.string().nullable().meta({ description: 'Why some of them could not be read last' }),
      })
      .meta({ description: 'Names of owners, pipelines and stages: read once an hour' }),
    nextReadAt: time.nullable(),
    associations: associationsSchema,
    calls: count.meta({ description: 'What HubSpot was asked for it, with its passes' }),
    failedRuns: count.meta({ description: 'How often a run of it failed' }),
    heldDeletes: count.meta({
      description:
        'Deletes at HubSpot that are more than 1 % of the records in an hour, and than 100: nobody is told of them before `release_deletes`',
    }),
    setAside: z
      .strictObject({
        count,
        ended: count.meta({ description: 'Of those the ones that are not asked for any more' }),
        records: z.array(
          z.strictObject({
            id: z.string(),
            reason: z.string(),
            at: time.meta({ description: 'When HubSpot refused it last' }),
            tries: count,
            nextAt: time.nullable(),
          }),
        ),
      })
      .meta({
        description:
          'Records that HubSpot refuses to show, the first ten of them: the others are read without them',
      }),
    erasuresUnsure: z
      .strictObject({
        since: time.nullable(),
        count,
        records: z.array(z.string()),
      })
      .meta({
        description:
          'Contacts that HubSpot has no more, the first hundred of them: of erasures for a person `since` then the webhooks journal may have lost the word. Each is here until it is erased, all until `settle_erasures`',
      }),
    resync: resyncSchema.nullable().meta({ description: 'What was asked to be read again last' }),
    waitsFor: z.strictObject({ consumer: z.string() }).nullable().meta({
      description:
        'A consumer of the feed that is further behind than its limit: nothing is read until it has caught up',
    }),
    pause: z.strictObject({ at: time, reason: z.string().nullable() }).nullable(),
    failure: z
      .strictObject({ class: z.string(), message: z.string(), inARow: count })
      .nullable()
      .meta({ description: 'Why it could not be read last' }),
  })
  .meta({ id: 'Sync' });

export const EXAMPLE_SYNC = {
  ...{ portalId: 41_000_009, objectType: 'contacts', typeName: null, typeLabel: null },
  ...{ state: 'following', reading: false },
  ...{ records: 5000, loaded: 5000, progress: null },
  ...{ startedAt: '2027-01-01T09:00:00.000Z', loadedAt: '2027-01-01T09:10:00.000Z' },
  ...{ freshUntil: '2027-01-01T09:28:00.000Z', lagSeconds: 140 },
  ...{ calculatedAt: '2027-01-01T03:00:00.000Z', nextReadAt: '2027-01-01T09:31:00.000Z' },
  reference: { readAt: '2027-01-01T09:00:00.000Z', failure: null },
  associations: { chosen: null, readAt: '2027-01-01T09:11:00.000Z', behindSince: null, refused: [] },
  ...{ calls: 82, failedRuns: 0, heldDeletes: 0, resync: null, waitsFor: null, pause: null, failure: null },
  setAside: { count: 0, ended: 0, records: [] },
  erasuresUnsure: { since: null, count: 0, records: [] },
};

const MOST_PORTALS = 50;

/** Several portals, with commas between them. */
export const portalsSchema = z
  .union([z.string(), z.number()])
  .transform((given) => String(given).split(','))
  .refine(
    (ids) => ids.length <= MOST_PORTALS && ids.every((id) => /^[1-9]\d{0,14}$/.test(id)),
    `must be the numbers of up to ${MOST_PORTALS} portals, with commas between them`,
  )
  .transform((ids) => [...new Set(ids.map(Number))])
  .meta({
    description: `HubSpot's numbers of up to ${MOST_PORTALS} portals, with commas between them`,
    example: '41000009,41000010',
    override: {
      type: 'string',
      pattern: `^[1-9][0-9]{0,14}(,[1-9][0-9]{0,14}){0,${MOST_PORTALS - 1}}$`,
    },
  });

/** `portal/type`, as `next` says it. */
export const syncCursorSchema = z
  .string()
  .transform((text) => ({ portalId: Number(text.split('/')[0]), objectType: text.split('/')[1] ?? '' }))
  .refine(
    ({ portalId: portal, objectType }) =>
      Number.isSafeInteger(portal) && portal > 0 && isObjectType(objectType),
    'must be the `next` of the page before',
  )
  .meta({ override: { type: 'string', pattern: '^[1-9][0-9]{0,14}/[a-z0-9-]+$' } });
