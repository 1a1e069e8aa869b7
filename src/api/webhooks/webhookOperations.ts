import { z } from 'zod';
import { listWebhookEvents } from '../../db/webhooks/views.js';
import type { DatabaseClock } from '../../db/clock.js';
import type { Pool } from '../../db/pool.js';
import { forWorkspace } from '../../db/tenant.js';
import { SIGNATURE_REASONS, verifySignature } from '../../hubspot/incoming/signature.js';
import type { Config } from '../../platform/config/config.js';
import type { Logger } from '../../platform/logger.js';
import { objectTypeSchema } from '../crm/recordAnswers.js';
import { pageOf, portalId, time } from '../http/answers.js';
import { pageQuery, portalIdSchema } from '../http/input.js';
import { defineOperation, type OperationDescription } from '../http/operation.js';
import { readPage } from '../http/page.js';
import { refuseUnknownPortal } from '../portals/refuseUnknownPortal.js';

export interface WebhookDependencies {
  readonly pool: Pool;
  readonly config: Pick<Config, 'HUBSPOT_CLIENT_SECRET' | 'PUBLIC_URL' | 'WEBHOOKS_MAX_CONCURRENT_REQUESTS'>;
  readonly clock: Pick<DatabaseClock, 'nowMs'>;
  readonly logger: Logger;
}

const the = { tag: 'Webhooks', scopes: ['crm'], resource: 'event' } as const;

const eventSchema = z
  .strictObject({
    key: z.string().meta({ description: 'Equal where HubSpot sends the event again' }),
    portalId,
    subscriptionType: z.string(),
    subscriptionId: z.string().nullable(),
    eventId: z.string().nullable(),
    objectType: z.string().nullable(),
    recordId: z.string().nullable(),
    property: z.string().nullable(),
    changeSource: z.string().nullable(),
    occurredAt: time,
    receivedAt: time,
    reads: z.number().int().meta({
      description: 'So many records were to be read for it. 0: none of them is mirrored now',
    }),
    event: z.unknown().meta({ description: 'All of it, where it is not understood; else null' }),
  })
  .meta({ id: 'WebhookEvent' });
const EXAMPLE_EVENT = {
  key: '5f1a2b3c4d5e6f708192a3b4c5d6e7f8',
  ...{ portalId: 41_000_009, subscriptionType: 'contact.propertyChange', subscriptionId: '12345' },
  ...{ eventId: '4101286121', objectType: 'contacts', recordId: '51', property: 'email' },
  ...{ changeSource: 'CRM_UI', occurredAt: '2027-01-01T09:29:59.000Z' },
  ...{ receivedAt: '2027-01-01T09:30:00.000Z', reads: 1, event: null },
};

const cursorSchema = z
  .string()
  .regex(/^\d{1,17}-[0-9a-f]{32}$/, 'must be the `next` of a page')
  .meta({ id: 'WebhookEventCursor' });

const signedSchema = z
  .strictObject({
    method: z.string().regex(/^[A-Z]{1,10}$/, 'must be a method of HTTP, such as POST'),
    url: z
      .url()
      .max(4096)
      .meta({ description: 'As HubSpot has called it: with scheme, host, path and query' }),
    headers: z
      .record(z.string().max(200), z.union([z.string(), z.array(z.string())]))
      .meta({ description: 'In any letters; those of the signature are read' }),
    body: z
      .string()
      .max(1024 * 1024)
      .meta({ description: 'As it was received, not parsed and written again' }),
  })
  .meta({ id: 'SignedCall' });

/** What webhooks have brought, and whether a call is HubSpot's. */
export const WEBHOOK_OPERATIONS = [
  defineOperation({
    ...the,
    id: 'listWebhookEvents',
    method: 'get',
    path: '/api/webhooks/events',
    summary: 'List what webhooks have brought',
    description:
      'The newest first, for three days. An event is a hint: the records that it names are read, so none of its values is kept.',
    input: {
      query: z.strictObject({
        ...pageQuery(cursorSchema),
        portalId: portalIdSchema.optional(),
        objectType: objectTypeSchema.optional(),
      }),
    },
    answers: {
      200: {
        description: 'A page of them',
        body: pageOf(eventSchema).meta({ id: 'WebhookEventPage' }),
        example: { items: [EXAMPLE_EVENT], next: null },
      },
    },
    errors: ['not_found'],
    async run({ pool }: WebhookDependencies, { workspaceId }, { query: { after, limit, ...filter } }) {
      if (filter.portalId !== undefined) await refuseUnknownPortal(pool, workspaceId, [], filter.portalId);
      const { items, next } = await readPage(
        limit,
        (max) =>
          listWebhookEvents(forWorkspace(pool, workspaceId), workspaceId, { ...filter, after, limit: max }),
        (last) => last.cursor,
      );
      return { status: 200, body: { items: items.map(({ cursor: _, ...one }) => one), next } };
    },
  }),

  defineOperation({
    ...the,
    id: 'verifySignature',
    method: 'post',
    path: '/api/integrations/hubspot/webhooks/verify',
    summary: 'Say whether a call was signed by HubSpot',
    description:
      'With the client secret of the app, for the code of yours that receives calls of HubSpot itself. v3 where its header is there, else v2 or v1, as the header of the version says; a wrong v3 is never made up for by an older one. Nothing is stored.',
    input: { body: signedSchema },
    answers: {
      200: {
        description: 'The verdict',
        body: z
          .strictObject({
            valid: z.boolean(),
            version: z.enum(['v1', 'v2', 'v3']).nullable().meta({ description: 'By which it is valid' }),
            reason: z.enum(SIGNATURE_REASONS).nullable().meta({ description: 'Why it is not valid' }),
          })
          .meta({ id: 'SignatureVerdict' }),
        example: { valid: false, version: null, reason: 'mismatch' },
      },
    },
    errors: [],
    example: {
      body: {
        method: 'POST',
        url: 'https://sluice.example.com/api/integrations/hubspot/webhooks',
        headers: { 'X-HubSpot-Signature': 'a'.repeat(64), 'X-HubSpot-Signature-Version': 'v1' },
        body: '[]',
      },
    },
    run({ config, clock }: WebhookDependencies, _caller, { body: { method, url, headers, body } }) {
      const given = new Map(
        Object.entries(headers).map(([name, value]) => [
          name.toLowerCase(),
          typeof value === 'string' ? value : value.join(', '),
        ]),
      );
      const verdict = verifySignature({
        ...{ method, uri: url, rawBody: Buffer.from(body, 'utf8'), takes: ['v1', 'v2'] },
        headers: {
          signature: given.get('x-hubspot-signature'),
          signatureVersion: given.get('x-hubspot-signature-version'),
          signatureV3: given.get('x-hubspot-signature-v3'),
          timestamp: given.get('x-hubspot-request-timestamp'),
        },
        ...{ secrets: config.HUBSPOT_CLIENT_SECRET, nowMs: clock.nowMs() },
      });
      const answer = verdict.ok
        ? { valid: true, version: verdict.version, reason: null }
        : { valid: false, version: null, reason: verdict.reason };
      return Promise.resolve({ status: 200 as const, body: answer });
    },
  }),
] as const;

const says = (description: string, message: string) => ({
  description,
  body: z.strictObject({ message: z.string() }),
  example: { message },
});

/** HubSpot's call of webhooks: past Express, by code of its own (webhookRoute.ts, ../http/signedCalls.ts). */
export const WEBHOOK_CALLS: readonly OperationDescription[] = [
  {
    id: 'callWebhooks',
    method: 'post',
    path: '/api/integrations/hubspot/webhooks',
    scopes: 'none',
    tag: 'HubSpot',
    summary: 'Take events of webhooks',
    description:
      'Signed by HubSpot (v3 over `PUBLIC_URL` and the path, or v1 over the body). At most 100 events, of any portals. Answered 200 after the commit alone; an event that is sent again changes nothing. What of it is not understood is kept as it is.',
    input: {
      headers: z.object({
        'x-hubspot-signature': z.string().optional().meta({ description: 'Of v1' }),
        'x-hubspot-signature-version': z.string().optional().meta({ example: 'v1' }),
        'x-hubspot-signature-v3': z.string().optional(),
        'x-hubspot-request-timestamp': z.string().optional().meta({ description: 'Of v3, in milliseconds' }),
      }),
      body: z
        .array(
          z
            .looseObject({
              portalId: z.number().int(),
              occurredAt: z.number().int(),
              subscriptionType: z.string(),
            })
            .meta({ id: 'SentWebhookEvent' }),
        )
        .max(100),
    },
    answers: {
      200: {
        description: 'Committed',
        body: z.strictObject({ taken: z.number().int() }).meta({ id: 'WebhooksTaken' }),
        example: { taken: 1 },
      },
      400: says('It is no array of at most 100 events', 'The body is no array of events'),
      401: says(
        'The signature is not right',
        'The signature is missing: check HUBSPOT_CLIENT_SECRET and PUBLIC_URL',
      ),
      413: says('It is too large', 'The body is larger than 1048576 bytes'),
      429: says('Too many wait for their commit: HubSpot sends it again', 'Not committed; call again'),
      503: says('Not committed, or not known to be: HubSpot sends it again', 'Not committed; call again'),
    },
    errors: [],
    example: {
      body: [
        {
          ...{
            eventId: 4_101_286_121,
            subscriptionId: 12_345,
            portalId: 41_000_009,
            occurredAt: 1_798_795_799_000,
          },
          ...{ subscriptionType: 'contact.propertyChange', attemptNumber: 0, objectId: 51 },
          ...{ propertyName: 'email', propertyValue: 'ada@example.com', changeSource: 'CRM_UI' },
        },
      ],
    },
  },
];
