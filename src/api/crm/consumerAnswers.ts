import { z } from 'zod';
import type { Consumer } from '../../db/crm/consumers.js';
import { CHANGE_ACTIONS } from '../../domain/crm/change.js';
import { CONSUMER_STATES, MOST_LAG_MINUTES, SINKS, USUAL_LAG_MINUTES } from '../../domain/crm/consumer.js';
import { MOST_OF_A_CALL } from '../../domain/crm/consumer.js';
import type { FeedPlaces } from '../../services/crm/feedPlaces.js';
import { portalId, time } from '../http/answers.js';
import { entityTag } from '../http/entityTag.js';
import { portalIdSchema, shortList } from '../http/input.js';
import { consumerNameSchema, positionSchema } from './feedAnswers.js';
import { objectTypeSchema } from './recordAnswers.js';

const MOST_NAMED = 100;
const secretSchema = z.string().regex(/^[\x21-\x7e]{16,200}$/, 'must be 16 to 200 characters without spaces');

const lagLimitMinutes = z.number().int().min(1).max(MOST_LAG_MINUTES).nullable().meta({
  description:
    'Further behind than this the mirror of its portals waits, so that nothing is dropped. Null: it never waits',
});

/** What people set of a consumer. What is left out has its usual value. */
export const consumerSettingsSchema = z
  .strictObject({
    sink: z
      .enum(['pull', 'webhook'])
      .default('pull')
      .meta({
        description: `\`pull\`: it reads \`GET /api/changes?consumer=\` and acknowledges; \`webhook\`: it is called with ${MOST_OF_A_CALL} changes at most`,
      }),
    url: z.string().max(2048).nullable().default(null).meta({ description: 'Of a webhook: https, public' }),
    secret: secretSchema.optional().meta({
      description: 'Of a webhook: signs what it is sent. Left out: the one that it has, or one that is made',
    }),
    portalIds: shortList(portalIdSchema, MOST_NAMED)
      .nullable()
      .default(null)
      .meta({ description: 'Null: all' }),
    objectTypes: shortList(objectTypeSchema, MOST_NAMED)
      .nullable()
      .default(null)
      .meta({ description: 'Null: all' }),
    actions: shortList(z.enum(CHANGE_ACTIONS), CHANGE_ACTIONS.length).nullable().default(null).meta({
      description: 'Null: all',
    }),
    initial: z.boolean().default(true).meta({ description: 'Changes of a first load, too' }),
    lagLimitMinutes: lagLimitMinutes.default(USUAL_LAG_MINUTES),
    from: z.enum(['beginning', 'now']).default('beginning').meta({
      description: 'Where a new one begins: with all that is kept, or with what follows',
    }),
  })
  .meta({ id: 'ConsumerSettings' });

export const consumerSchema = z
  .strictObject({
    name: consumerNameSchema,
    sink: z.enum(SINKS).meta({ description: '`handler`: `on` of `sluice.config.ts` defines it' }),
    url: z.string().nullable(),
    hasSecret: z.boolean().meta({ description: 'Whether what it is sent is signed' }),
    portalIds: z.array(portalId).nullable(),
    objectTypes: z.array(objectTypeSchema).nullable(),
    actions: z.array(z.enum(CHANGE_ACTIONS)).nullable(),
    initial: z.boolean(),
    lagLimitMinutes,
    state: z.enum(CONSUMER_STATES).meta({
      description:
        '`behind`: further than its limit, so the mirror of its portals waits; `failing`: its calls fail',
    }),
    position: positionSchema.meta({ description: 'Up to here it has all that it wants' }),
    unreadSince: time.nullable().meta({
      description: 'When the first change was recorded that it has not had; null: none, some seconds ago',
    }),
    behindSince: time.nullable(),
    missedAt: time
      .nullable()
      .meta({ description: 'Changes were removed before it had them, and it has not been told' }),
    takenAt: time.nullable().meta({ description: 'When it last took or acknowledged changes' }),
    createdAt: time,
    pause: z.strictObject({ at: time, reason: z.string().nullable() }).nullable(),
    failure: z
      .strictObject({ message: z.string(), inARow: z.number().int(), since: time, nextTryAt: time })
      .nullable(),
    deadLetters: z.number().int().meta({ description: 'A hundred stands for that many or more' }),
  })
  .meta({ id: 'Consumer' });

export const EXAMPLE_CONSUMER = {
  ...{ name: 'warehouse', sink: 'webhook', url: 'https://warehouse.example.com/sluice', hasSecret: true },
  ...{ portalIds: null, objectTypes: ['contacts'], actions: null, initial: true, lagLimitMinutes: 4320 },
  ...{
    state: 'reading',
    position: '3f0c9a51d2e7.7414.52',
    unreadSince: null,
    behindSince: null,
    missedAt: null,
  },
  ...{ takenAt: '2027-01-01T09:29:30.000Z', createdAt: '2027-01-01T09:00:00.000Z' },
  ...{ pause: null, failure: null, deadLetters: 0 },
};

export function consumerAnswer({ place, id: _, ...consumer }: Consumer, places: FeedPlaces) {
  return { ...consumer, position: places.write(place) };
}

/** What people set of it, and nothing that is counted beside it. */
export const consumerTag = (consumer: Consumer): string =>
  entityTag([
    ...[consumer.sink, consumer.url, consumer.portalIds, consumer.objectTypes, consumer.actions],
    ...[consumer.initial, consumer.lagLimitMinutes],
  ]);
