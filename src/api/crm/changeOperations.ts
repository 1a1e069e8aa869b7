import { z } from 'zod';
import type { Pool } from '../../db/pool.js';
import { CHANGE_ACTIONS } from '../../domain/crm/change.js';
import { portalId, time } from '../http/answers.js';
import { pageQuery } from '../http/input.js';
import { defineOperation } from '../http/operation.js';
import { consumerNameSchema, givenPositionSchema, positionSchema } from './feedAnswers.js';
import type { FeedWatch } from './feedWatch.js';
import { readFeed } from './readFeed.js';
import { objectTypeSchema, recordIdSchema } from './recordAnswers.js';

interface Dependencies {
  readonly pool: Pool;
  readonly watch: FeedWatch;
}

/** Below the time-out of usual proxies and load balancers. */
const MOST_WAIT_SECONDS = 30;

const valueSchema = z.string().nullable();

const associationSchema = z
  .strictObject({
    toType: objectTypeSchema,
    toId: recordIdSchema,
    category: z.string().meta({ description: '`HUBSPOT_DEFINED`, `USER_DEFINED`, `INTEGRATOR_DEFINED`' }),
    typeId: z.number().int().meta({ description: "HubSpot's number of the type, as seen from the record" }),
    label: z
      .string()
      .nullable()
      .meta({ description: 'Null: the type without a label, which every association has' }),
  })
  .meta({ id: 'Association' });

const changeSchema = z
  .strictObject({
    position: positionSchema,
    portalId,
    objectType: objectTypeSchema,
    recordId: recordIdSchema,
    action: z.enum(CHANGE_ACTIONS),
    initial: z
      .boolean()
      .meta({ description: 'It was there when its type, or the property, was mirrored for the first time' }),
    changed: z.record(z.string(), z.strictObject({ before: valueSchema, after: valueSchema })).meta({
      description:
        'By property; null: no value. Of a record that was not there before, all of them; of one that is not there any more, those that it had. Of a merge, what differs from the survivor as it was',
    }),
    mergedIds: z.array(recordIdSchema).meta({
      description: 'Of a merge: the records that are this one now. Of all others empty',
    }),
    association: associationSchema.nullable().meta({
      description: 'Of `Associated` and `Dissociated` the other end and the type; null of all others',
    }),
    companies: z.array(recordIdSchema).nullable().meta({
      description:
        'Of a contact: the ids of its companies, at most 100, as the mirror has them when the change is read. Null of all other types',
    }),
    happenedAt: time.meta({
      description:
        "By HubSpot's clock. Of `Associated` and `Dissociated`, whose time HubSpot does not tell, when it was seen, by ours",
    }),
  })
  .meta({ id: 'RecordChange' });

/** What changed in the records of portals. */
export const CHANGE_OPERATIONS = [
  defineOperation({
    tag: 'Records',
    scopes: ['crm'],
    id: 'listChanges',
    method: 'get',
    path: '/api/changes',
    summary: 'Read what changed in records',
    description:
      'In the order in which changes were committed, those of a record in their own order; seven days back. Keep `next` and pass it as `after`: none is passed over, and none comes twice unless the database was restored (`restored`).',
    input: {
      query: z.strictObject({
        consumer: consumerNameSchema
          .optional()
          .meta({ description: 'What this consumer wants; without `after` from where it is on' }),
        wait: z.coerce
          .number()
          .int()
          .min(0)
          .max(MOST_WAIT_SECONDS)
          .default(0)
          .meta({
            description:
              'Where nothing follows yet, so many seconds are waited for it; then the page is empty',
            override: { type: 'integer', minimum: 0, maximum: MOST_WAIT_SECONDS, default: 0 },
          }),
        ...pageQuery(givenPositionSchema, 1000),
      }),
    },
    answers: {
      200: {
        description: 'The changes that follow',
        body: z
          .strictObject({
            items: z.array(changeSchema),
            next: positionSchema.meta({
              description: '`after` of the next call, also where nothing follows yet',
            }),
            more: z.boolean().meta({ description: 'More may be read at once' }),
            restored: z.boolean().meta({
              description:
                'The database was restored or copied since this position: changes that were made since the copy come again, as far as they are still so',
            }),
            expired: z.boolean().meta({
              description:
                'The position is older than the changes that are kept (a week): some may have been missed. Read the records anew',
            }),
          })
          .meta({ id: 'RecordChangePage' }),
        example: {
          items: [
            {
              ...{
                position: '3f0c9a51d2e7.7414.52',
                portalId: 41_000_009,
                objectType: 'contacts',
                recordId: '51',
              },
              ...{ action: 'Updated', initial: false },
              changed: { city: { before: 'Bonn', after: 'Berlin' } },
              mergedIds: [],
              association: null,
              companies: ['901'],
              happenedAt: '2027-01-01T09:29:00.000Z',
            },
          ],
          ...{ next: '3f0c9a51d2e7.7414.52', more: false, restored: false, expired: false },
        },
      },
    },
    errors: ['not_found', 'conflict'],
    async run(deps: Dependencies, caller, { query }) {
      return { status: 200, body: await readFeed(deps, caller, query) };
    },
  }),
] as const;
