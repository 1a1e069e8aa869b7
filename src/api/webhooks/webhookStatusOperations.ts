import { z } from 'zod';
import type { Pool } from '../../db/pool.js';
import { forWorkspace } from '../../db/tenant.js';
import { subscribedTypes } from '../../db/webhooks/subscribed.js';
import { listUnread, listWebhookTypes, replayEvents } from '../../db/webhooks/status.js';
import { webhookProject } from '../../domain/webhooks/webhookProject.js';
import { objectTypeSchema } from '../crm/recordAnswers.js';
import { pageOf, portalId, time } from '../http/answers.js';
import { inAuditedTransaction } from '../http/auditRequest.js';
import { pageQuery, portalIdSchema, timeSchema } from '../http/input.js';
import { defineOperation } from '../http/operation.js';
import { readPage } from '../http/page.js';
import { refuseUnknownPortal } from '../portals/refuseUnknownPortal.js';
import type { WebhookDependencies } from './webhookOperations.js';

const the = { tag: 'Webhooks', scopes: ['crm'] } as const;
const PATH = '/api/integrations/hubspot/webhooks';
const whole = z.number().int();
const bySource = z
  .record(z.string(), whole)
  .meta({ description: '`webhook`, `journal`, `search`, and the passes by their names' });

const typeSchema = z
  .strictObject({
    portalId,
    objectType: z.string(),
    waiting: whole.meta({ description: 'Records that are to be read, counted up to 5001' }),
    together: z.boolean().meta({
      description: 'More were named than may wait one by one: they are looked for by a search',
    }),
    oldestAt: time.nullable().meta({ description: 'Since when the one waits that is read next' }),
    unread: whole.meta({ description: 'Records that could not be read, counted up to 1000' }),
    received: whole,
    late: whole.meta({ description: 'Of those the ones that HubSpot would have given up long ago' }),
    lastReceivedAt: time.nullable(),
    strays: whole.meta({
      description: 'Events of the portal that came while it was not connected here, counted up to 1000',
    }),
    seenFirst: bySource.describe('Changes since the first load, by what brought them'),
    seenAgain: bySource.describe('Records of which a source told that another had brought shortly before'),
    missed: whole.meta({
      description:
        'Changes that searches and passes have brought while HubSpot told of the type, and of which it has not told within a quarter of an hour',
    }),
  })
  .meta({ id: 'WebhookType' });
const EXAMPLE_TYPE = {
  ...{ portalId: 41_000_009, objectType: 'contacts', waiting: 3, together: false },
  ...{ oldestAt: '2027-01-01T09:29:59.000Z', unread: 0, received: 51_200, late: 0 },
  ...{ lastReceivedAt: '2027-01-01T09:30:00.000Z', strays: 0 },
  ...{ seenFirst: { webhook: 50_100, search: 12 }, seenAgain: { webhook: 9 }, missed: 3 },
};

const unreadSchema = z
  .strictObject({
    ...{ portalId, objectType: z.string(), recordId: z.string(), tries: whole },
    ...{ errorClass: z.string(), message: z.string(), askedAt: time, endedAt: time },
  })
  .meta({ id: 'UnreadRecord' });

const typeCursor = z
  .string()
  .regex(/^\d{1,15} \S{1,50}$/, 'must be the `next` of a page')
  .meta({ id: 'WebhookTypeCursor' });
const unreadCursor = z
  .string()
  .regex(/^\d{1,15} \S{1,50} \d{1,19}$/, 'must be the `next` of a page')
  .meta({ id: 'UnreadCursor' });
const replayCursor = z
  .string()
  .regex(/^\d{1,17}-[0-9a-f]{32}$/, 'must be the `next` of an answer')
  .meta({ id: 'ReplayCursor' });

const filter = { portalId: portalIdSchema.optional(), objectType: objectTypeSchema.optional() };

async function refuseUnknown(pool: Pool, workspaceId: string, portal: number | undefined): Promise<void> {
  if (portal !== undefined) await refuseUnknownPortal(pool, workspaceId, [], portal);
}

const subscriptionSchema = z.strictObject({
  ...{ subscriptionType: z.string(), objectType: z.string().optional() },
  ...{ propertyName: z.string().optional(), active: z.literal(true) },
});
const projectSchema = z
  .strictObject({
    uid: z.string(),
    type: z.literal('webhooks'),
    config: z.strictObject({
      settings: z.strictObject({ targetUrl: z.string(), maxConcurrentRequests: whole }),
      subscriptions: z.strictObject({
        crmObjects: z.array(subscriptionSchema),
        hubEvents: z.array(subscriptionSchema),
      }),
    }),
  })
  .meta({ id: 'WebhookProject' });

/** How webhooks stand, what of them could not be read, what is read again, and what the app is to subscribe to. */
export const WEBHOOK_STATUS_OPERATIONS = [
  defineOperation({
    ...{ ...the, resource: 'type' },
    id: 'listWebhookTypes',
    method: 'get',
    path: '/api/webhooks/types',
    summary: 'Say how webhooks stand for each mirrored type',
    description:
      'What waits to be read, what has come, and what each source was the first to bring. What HubSpot has `missed` to tell of is an estimate, since one read may stand for several events. Counts of events are noted every two seconds.',
    input: { query: z.strictObject({ ...pageQuery(typeCursor), ...filter }) },
    answers: {
      200: {
        description: 'A page of them, by portal and type',
        body: pageOf(typeSchema).meta({ id: 'WebhookTypePage' }),
        example: { items: [EXAMPLE_TYPE], next: null },
      },
    },
    errors: ['not_found'],
    async run({ pool }: WebhookDependencies, { workspaceId }, { query: { after, limit, ...by } }) {
      await refuseUnknown(pool, workspaceId, by.portalId);
      const db = forWorkspace(pool, workspaceId);
      const { items, next } = await readPage(
        limit,
        (max) => listWebhookTypes(db, workspaceId, { ...by, after, limit: max }),
        (last) => `${last.portalId} ${last.objectType}`,
      );
      return { status: 200, body: { items: [...items], next } };
    },
  }),

  defineOperation({
    ...{ ...the, resource: 'record' },
    id: 'listUnreadRecords',
    method: 'get',
    path: '/api/webhooks/unread',
    summary: 'List records that webhooks named and that could not be read',
    description:
      'Each was tried six times within some fifteen hours, while others of its type could be read. An event that names it again begins anew; else it is gone from here after seven days.',
    input: { query: z.strictObject({ ...pageQuery(unreadCursor), ...filter }) },
    answers: {
      200: {
        description: 'A page of them, by portal, type and id',
        body: pageOf(unreadSchema).meta({ id: 'UnreadRecordPage' }),
        example: {
          items: [
            {
              ...{ portalId: 41_000_009, objectType: 'contacts', recordId: '51', tries: 6 },
              ...{ errorClass: 'refused', message: 'HubSpot refuses the request for contacts (400)' },
              ...{ askedAt: '2027-01-01T09:30:00.000Z', endedAt: '2027-01-02T00:06:00.000Z' },
            },
          ],
          next: null,
        },
      },
    },
    errors: ['not_found'],
    async run({ pool }: WebhookDependencies, { workspaceId }, { query: { after, limit, ...by } }) {
      await refuseUnknown(pool, workspaceId, by.portalId);
      const db = forWorkspace(pool, workspaceId);
      const { items, next } = await readPage(
        limit,
        (max) => listUnread(db, workspaceId, { ...by, after, limit: max }),
        (last) => `${last.portalId} ${last.objectType} ${last.recordId}`,
      );
      return { status: 200, body: { items: [...items], next } };
    },
  }),

  defineOperation({
    ...{ ...the, resource: 'replay' },
    id: 'replayWebhooks',
    method: 'post',
    path: '/api/webhooks/replay',
    summary: 'Have the records read once more that events of a time have named',
    description:
      'A thousand events at a time, each time that has records read with its entry in the audit chain: ask again with `next` as `after`, until it is null. Events are kept for three days. `isFull`: as many records wait as may, and nothing was asked for; come again in some seconds with the same `after`.',
    input: {
      body: z
        .strictObject({
          from: timeSchema.meta({ description: 'Events that were received from then on' }),
          to: timeSchema.meta({ description: 'and before then' }),
          ...filter,
          after: replayCursor.optional(),
          dryRun: z.boolean().default(false).meta({ description: 'Says how many it would be' }),
        })
        .meta({ id: 'WebhookReplay' }),
    },
    answers: {
      200: {
        description: 'So many events, and so many records are read for them',
        body: z
          .strictObject({
            events: whole,
            records: whole,
            isFull: z.boolean(),
            next: z.string().nullable(),
          })
          .meta({ id: 'WebhooksReplayed' }),
        example: { events: 812, records: 97, isFull: false, next: null },
      },
    },
    errors: ['not_found'],
    example: { body: { from: '2027-01-01T00:00:00.000Z', to: '2027-01-02T00:00:00.000Z', dryRun: true } },
    async run({ pool, logger }: WebhookDependencies, caller, { body: { dryRun, ...by } }) {
      const { workspaceId } = caller;
      await refuseUnknown(pool, workspaceId, by.portalId);
      const body = await inAuditedTransaction({ pool, logger }, caller, async (client, note) => {
        const replayed = await replayEvents(client, workspaceId, { ...by, isDry: dryRun });
        const { events, records } = replayed;
        const { portalId: portal, objectType, from, to } = by;
        if (!dryRun && records > 0)
          note('webhooks.replay', { portalId: portal, objectType, from, to, events, records });
        return replayed;
      });
      return { status: 200, body };
    },
  }),

  defineOperation({
    ...{ ...the, resource: 'subscription' },
    id: 'showWebhookProject',
    method: 'get',
    path: '/api/webhooks/project',
    summary: 'Show the subscriptions that the app is to have, as a file of its project',
    description:
      "For `webhooks-hsmeta.json` of the app's project: the types that the workspace mirrors in any portal, their creations, deletes, merges, restores and associations, and changes of the properties that are kept. `left`: so many properties have no place among the thousand subscriptions of an app; what changes in them alone is found by polling.",
    input: {},
    answers: {
      200: {
        description: 'The file, and what it leaves out',
        body: z.strictObject({ file: projectSchema, left: whole }).meta({ id: 'WebhookSubscriptions' }),
        example: {
          file: webhookProject(
            { targetUrl: `https://sluice.example.com${PATH}`, maxConcurrentRequests: 10 },
            [{ objectType: 'contacts', properties: ['email'] }],
          ).file,
          left: 0,
        },
      },
    },
    errors: [],
    async run({ pool, config }: WebhookDependencies, { workspaceId }) {
      const types = await subscribedTypes(forWorkspace(pool, workspaceId), workspaceId);
      const settings = {
        targetUrl: `${config.PUBLIC_URL}${PATH}`,
        maxConcurrentRequests: config.WEBHOOKS_MAX_CONCURRENT_REQUESTS,
      };
      return { status: 200, body: webhookProject(settings, types) };
    },
  }),
] as const;
