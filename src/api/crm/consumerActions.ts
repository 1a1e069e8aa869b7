import { z } from 'zod';
import { BEGINNING, isKept, type FeedPlace } from '../../db/crm/changes.js';
import {
  acknowledge,
  lastPlace,
  lockConsumer,
  pauseConsumer,
  placeBefore,
  setBack,
} from '../../db/crm/consumers.js';
import { endDeadChanges, listDeadChanges } from '../../db/crm/deadChanges.js';
import { FEED_DAYS } from '../../db/crm/retention.js';
import type { Queryable } from '../../db/pool.js';
import { forWorkspace } from '../../db/tenant.js';
import type { FeedPosition } from '../../domain/crm/feedPosition.js';
import { readFeedPlaces, type FeedPlaces } from '../../services/crm/feedPlaces.js';
import { pageOf, portalId, time } from '../http/answers.js';
import { inAuditedTransaction } from '../http/auditRequest.js';
import { invalidInput, pageQuery, textSchema, timeSchema } from '../http/input.js';
import { defineOperation } from '../http/operation.js';
import { readPage } from '../http/page.js';
import { consumerAnswer, consumerSchema, EXAMPLE_CONSUMER } from './consumerAnswers.js';
import { mustFindConsumer } from './consumerOperations.js';
import type { ConsumerDependencies } from './setConsumer.js';
import { consumerNameSchema, givenPositionSchema, positionSchema } from './feedAnswers.js';
import { objectTypeSchema, recordIdSchema } from './recordAnswers.js';

const the = { tag: 'Records', scopes: ['crm'], resource: 'consumer' } as const;
const ofOne = { params: z.strictObject({ name: consumerNameSchema }) };
const exampleParams = { name: 'warehouse' };
const answersConsumer = {
  200: { description: 'The consumer', body: consumerSchema, example: EXAMPLE_CONSUMER },
};

const deadChangeSchema = z
  .strictObject({
    position: positionSchema,
    portalId,
    objectType: objectTypeSchema,
    recordId: recordIdSchema,
    status: z.number().int().nullable().meta({
      description:
        'What the receiver answered, 500 where a handler has thrown; null: it waits behind an earlier one of its record',
    }),
    redriven: z.boolean().meta({ description: 'It is about to be sent again' }),
    diedAt: time,
  })
  .meta({ id: 'DeadChange' });
const EXAMPLE_DEAD = {
  ...{ position: '3f0c9a51d2e7.7414.52', portalId: 41_000_009, objectType: 'contacts', recordId: '51' },
  ...{ status: 422, redriven: false, diedAt: '2027-01-01T09:31:00.000Z' },
};

/** What is done with a consumer of the feed. */
export const CONSUMER_ACTIONS = [
  defineOperation({
    ...the,
    id: 'changeConsumer',
    method: 'post',
    path: '/api/consumers/{name}',
    summary: 'Pause or resume a consumer, or set it to another place',
    description: `\`rewind\` sets it to a \`position\`, or before the first change that was recorded at a \`time\`, within the ${FEED_DAYS} days that are kept; without either to what follows now.`,
    input: {
      ...ofOne,
      body: z
        .strictObject({
          action: z.enum(['pause', 'resume', 'rewind']),
          reason: textSchema(500).nullable().default(null),
          position: givenPositionSchema.optional(),
          time: timeSchema.optional(),
        })
        .meta({ id: 'ConsumerChange' }),
    },
    answers: answersConsumer,
    errors: ['not_found'],
    exampleParams,
    example: { body: { action: 'rewind', time: '2027-01-01T00:00:00Z' } },
    async run(deps: ConsumerDependencies, caller, { params: { name }, body }) {
      const { workspaceId } = caller;
      const { action, reason } = body;
      const places = await readFeedPlaces(deps.pool);
      const changed = await inAuditedTransaction(deps, caller, async (client, note) => {
        await lockConsumer(client, workspaceId, name);
        const { id } = await mustFindConsumer(client, workspaceId, name);
        if (action === 'rewind')
          await setBack(client, workspaceId, id, await rewound(client, workspaceId, body, places));
        else await pauseConsumer(client, workspaceId, id, { paused: action === 'pause', reason });
        note(`consumer.${action}`, { consumer: name });
        return mustFindConsumer(client, workspaceId, name);
      });
      return { status: 200, body: consumerAnswer(changed, places) };
    },
  }),

  defineOperation({
    ...the,
    id: 'acknowledgeChanges',
    method: 'post',
    path: '/api/consumers/{name}/acknowledge',
    summary: 'Say that a consumer has all changes up to a position',
    description:
      'The `next` of a page that was read for it. One that lies before what it has acknowledged changes nothing. One that is called acknowledges by its answers (400).',
    input: {
      ...ofOne,
      body: z.strictObject({ position: givenPositionSchema }).meta({ id: 'Acknowledgement' }),
    },
    answers: answersConsumer,
    errors: ['not_found'],
    exampleParams,
    example: { body: { position: '3f0c9a51d2e7.7414.52' } },
    async run({ pool }: ConsumerDependencies, { workspaceId }, { params: { name }, body: { position } }) {
      const db = forWorkspace(pool, workspaceId);
      const { sink, place: before } = await mustFindConsumer(db, workspaceId, name);
      if (sink !== 'pull')
        throw invalidInput([
          {
            path: 'name',
            message: 'is called, and its answers say what it has: set it elsewhere by `rewind`',
          },
        ]);
      const places = await readFeedPlaces(pool);
      const to = await readable(db, workspaceId, position, { places, before });
      await acknowledge(db, workspaceId, name, to);
      const consumer = await mustFindConsumer(db, workspaceId, name);
      return { status: 200, body: consumerAnswer(consumer, places) };
    },
  }),

  defineOperation({
    ...the,
    id: 'listDeadChanges',
    method: 'get',
    path: '/api/consumers/{name}/dead-letters',
    summary: 'List the changes that a webhook has refused for good',
    description: 'And those of the same records that wait behind them, in the order of the feed.',
    input: { ...ofOne, query: z.strictObject(pageQuery(givenPositionSchema)) },
    answers: {
      200: {
        description: 'A page of them',
        body: pageOf(deadChangeSchema).meta({ id: 'DeadChangePage' }),
        example: { items: [EXAMPLE_DEAD], next: null },
      },
    },
    errors: ['not_found'],
    exampleParams,
    async run(
      { pool }: ConsumerDependencies,
      { workspaceId },
      { params: { name }, query: { after, limit } },
    ) {
      const db = forWorkspace(pool, workspaceId);
      const { id } = await mustFindConsumer(db, workspaceId, name);
      const places = await readFeedPlaces(pool);
      const { items, next } = await readPage(
        limit,
        (max) =>
          listDeadChanges(
            db,
            { workspaceId, consumerId: id },
            { after: after && places.placeOf(after), limit: max },
          ),
        (last) => places.write(last.place),
      );
      const shown = items.map(({ place, ...one }) => ({ position: places.write(place), ...one }));
      return { status: 200, body: { items: shown, next } };
    },
  }),

  defineOperation({
    ...the,
    id: 'endDeadChanges',
    method: 'post',
    path: '/api/consumers/{name}/dead-letters',
    summary: 'Send the dead letters of a consumer again, or remove them',
    description: 'Sent again they go in their order, before what follows of their records.',
    input: {
      ...ofOne,
      body: z.strictObject({ action: z.enum(['redrive', 'discard']) }).meta({ id: 'DeadChangesEnd' }),
    },
    answers: {
      200: {
        description: 'How many',
        body: z.strictObject({ count: z.number().int() }).meta({ id: 'DeadChangesEnded' }),
        example: { count: 1 },
      },
    },
    errors: ['not_found'],
    exampleParams,
    example: { body: { action: 'redrive' } },
    async run(deps: ConsumerDependencies, caller, { params: { name }, body: { action } }) {
      const { workspaceId } = caller;
      const count = await inAuditedTransaction(deps, caller, async (client, note) => {
        await lockConsumer(client, workspaceId, name);
        const { id } = await mustFindConsumer(client, workspaceId, name);
        const ended = await endDeadChanges(client, { workspaceId, consumerId: id }, action);
        note(`consumer.${action}`, { consumer: name, count: ended });
        return ended;
      });
      return { status: 200, body: { count } };
    },
  }),
] as const;

async function rewound(
  client: Queryable,
  workspaceId: string,
  { position, time: from }: { position?: FeedPosition | undefined; time?: Date | undefined },
  places: FeedPlaces,
): Promise<FeedPlace> {
  if (position && from)
    throw invalidInput([{ path: 'time', message: 'Name a position or a time, not both' }]);
  if (position) return readable(client, workspaceId, position, { places });
  if (from) {
    const place = await placeBefore(client, workspaceId, from);
    if (place) return place;
  }
  return lastPlace(client, workspaceId, places.now);
}

/** A place that was answered, and is kept: a made-up one would pass over what is not read yet. */
async function readable(
  db: Queryable,
  workspaceId: string,
  position: FeedPosition,
  { places, before }: { places: FeedPlaces; before?: FeedPlace },
): Promise<FeedPlace> {
  const place = places.placeOf(position);
  const isWhereItIs = before && places.write(before) === places.write(place);
  if (isWhereItIs || place.transaction === BEGINNING.transaction) return place;
  if (place.generation < places.now || (await isKept(db, workspaceId, place))) return place;
  throw invalidInput([
    { path: 'position', message: `is no change that is kept: those of the last ${FEED_DAYS} days are` },
  ]);
}
