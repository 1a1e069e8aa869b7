import { z } from 'zod';
import {
  deleteConsumer,
  findConsumer,
  listConsumers,
  lockConsumer,
  type Consumer,
} from '../../db/crm/consumers.js';
import type { Queryable } from '../../db/pool.js';
import { forWorkspace } from '../../db/tenant.js';
import type { Config } from '../../platform/config/config.js';
import { allowsLocal, outboundUrlProblem } from '../../platform/outbound/outboundUrl.js';
import { readFeedPlaces } from '../../services/crm/feedPlaces.js';
import { pageOf } from '../http/answers.js';
import { inAuditedTransaction } from '../http/auditRequest.js';
import { ETAG, ifMatchHeaders, requireMatch } from '../http/entityTag.js';
import { invalidInput, notFound, pageQuery } from '../http/input.js';
import { defineOperation } from '../http/operation.js';
import { readPage } from '../http/page.js';
import {
  consumerAnswer,
  consumerSchema,
  consumerSettingsSchema,
  consumerTag,
  EXAMPLE_CONSUMER,
} from './consumerAnswers.js';
import { consumerNameSchema } from './feedAnswers.js';
import { setConsumer, type ConsumerDependencies } from './setConsumer.js';

const the = { tag: 'Records', scopes: ['crm'], resource: 'consumer' } as const;
const ofOne = { params: z.strictObject({ name: consumerNameSchema }) };
const exampleParams = { name: 'warehouse' };

export async function mustFindConsumer(db: Queryable, workspaceId: string, name: string): Promise<Consumer> {
  const found = await findConsumer(db, workspaceId, name);
  if (!found) throw notFound(the.resource);
  return found;
}

/** Who reads the feed under a name. */
export const CONSUMER_OPERATIONS = [
  defineOperation({
    ...the,
    id: 'listConsumers',
    method: 'get',
    path: '/api/consumers',
    summary: 'List the consumers of the feed',
    input: { query: z.strictObject(pageQuery(consumerNameSchema)) },
    answers: {
      200: {
        description: 'A page of them, by name',
        body: pageOf(consumerSchema).meta({ id: 'ConsumerPage' }),
        example: { items: [EXAMPLE_CONSUMER], next: null },
      },
    },
    errors: [],
    async run({ pool }: ConsumerDependencies, { workspaceId }, { query: { after, limit } }) {
      const db = forWorkspace(pool, workspaceId);
      const places = await readFeedPlaces(pool);
      const { items, next } = await readPage(
        limit,
        (max) => listConsumers(db, workspaceId, { after, limit: max }),
        (last) => last.name,
      );
      return { status: 200, body: { items: items.map((one) => consumerAnswer(one, places)), next } };
    },
  }),

  defineOperation({
    ...the,
    id: 'showConsumer',
    method: 'get',
    path: '/api/consumers/{name}',
    summary: 'Show a consumer of the feed, and how far it is',
    input: ofOne,
    answers: { 200: { description: 'It', headers: ETAG, body: consumerSchema, example: EXAMPLE_CONSUMER } },
    errors: ['not_found'],
    exampleParams,
    async run({ pool }: ConsumerDependencies, { workspaceId }, { params: { name } }) {
      const found = await mustFindConsumer(forWorkspace(pool, workspaceId), workspaceId, name);
      const places = await readFeedPlaces(pool);
      return { status: 200, headers: { etag: consumerTag(found) }, body: consumerAnswer(found, places) };
    },
  }),

  defineOperation({
    ...the,
    id: 'setConsumer',
    method: 'put',
    path: '/api/consumers/{name}',
    summary: 'Make a consumer of the feed, or set what it wants',
    description:
      'What is left out has its usual value; its position stays. A webhook without a secret gets one, which is in this answer and nowhere else.',
    input: { ...ofOne, headers: ifMatchHeaders, body: consumerSettingsSchema },
    answers: {
      200: {
        description: 'The consumer',
        headers: ETAG,
        body: consumerSchema.extend({ secret: z.string().optional() }).meta({ id: 'ConsumerSet' }),
        example: EXAMPLE_CONSUMER,
      },
    },
    errors: ['not_found', 'conflict', 'precondition_failed'],
    exampleParams,
    example: {
      body: { sink: 'webhook', url: 'https://warehouse.example.com/sluice', objectTypes: ['contacts'] },
    },
    async run(deps: ConsumerDependencies, caller, { params: { name }, headers, body }) {
      refuseSink(body, deps.config);
      const places = await readFeedPlaces(deps.pool);
      const setting = { name, ifMatch: headers['if-match'], settings: body };
      const { set, made } = await setConsumer(deps, caller, setting, places);
      return {
        status: 200,
        headers: { etag: consumerTag(set), ...(made !== undefined && { 'cache-control': 'no-store' }) },
        body: { ...consumerAnswer(set, places), ...(made !== undefined && { secret: made }) },
      };
    },
  }),

  defineOperation({
    ...the,
    id: 'deleteConsumer',
    method: 'delete',
    path: '/api/consumers/{name}',
    summary: 'Delete a consumer of the feed',
    description: 'Its position and its dead letters go with it; the feed stays.',
    input: { ...ofOne, headers: ifMatchHeaders },
    answers: { 204: { description: 'It is deleted' } },
    errors: ['not_found', 'precondition_failed'],
    exampleParams,
    async run(deps: ConsumerDependencies, caller, { params: { name }, headers }) {
      const { workspaceId } = caller;
      await inAuditedTransaction(deps, caller, async (client, note) => {
        await lockConsumer(client, workspaceId, name);
        const now = await mustFindConsumer(client, workspaceId, name);
        requireMatch(headers['if-match'], consumerTag(now), the.resource);
        await deleteConsumer(client, workspaceId, now.id);
        note('consumer.delete', { consumer: name });
      });
      return { status: 204 };
    },
  }),
] as const;

/** A webhook has a URL that may be called; who asks has none. */
function refuseSink(
  { sink, url }: Pick<Consumer, 'sink' | 'url'>,
  config: Pick<Config, 'NODE_ENV' | 'PUBLIC_URL'>,
): void {
  const problem =
    sink === 'pull'
      ? url === null
        ? undefined
        : 'is of a webhook: leave it out, or set sink to webhook'
      : url === null
        ? 'must be set: where the webhook is called'
        : outboundUrlProblem(url, { allowLocal: allowsLocal(config) });
  if (problem !== undefined) throw invalidInput([{ path: 'url', message: problem }]);
}
