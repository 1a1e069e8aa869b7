import { z } from 'zod';
import { countDeadLetters, discardDeadLetters, listDeadLetters } from '../../db/outbox/deadLetters.js';
import { forWorkspace } from '../../db/tenant.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { pageOf, portalId, time } from '../http/answers.js';
import { inAuditedTransaction } from '../http/auditRequest.js';
import { idSchema, pageQuery, textSchema } from '../http/input.js';
import { defineOperation } from '../http/operation.js';
import { readPage } from '../http/page.js';
import type { CaptureDependencies } from './captureEvents.js';
import { deadLetterFilter, refuseMissing, totalOf } from './deadLetterFilter.js';
import { refuseUnknownFilter } from './refuseUnknownFilter.js';

const DISCARDED_AT_ONCE = 1000;

type Dependencies = Pick<CaptureDependencies, 'pool' | 'logger' | 'registry'>;

const deadLetterSchema = z
  .strictObject({
    id: idSchema,
    portalId: portalId.nullable(),
    type: z.string(),
    mapping: z.string().nullable().meta({ description: 'Of an event of the type `generic`' }),
    state: z.enum(['dead', 'invalid', 'discarded']),
    errorClass: z.string().nullable(),
    reason: z.string(),
    attempts: z.number().int(),
    eventKey: z.string().nullable(),
    orderingKey: z.string().nullable(),
    capturedAt: time,
    diedAt: time,
  })
  .meta({ id: 'DeadLetter' });
/** How many of one kind. */
export const eventGroupSchema = z
  .strictObject({
    portalId: portalId.nullable(),
    type: z.string(),
    errorClass: z.string().nullable(),
    count: z.number().int(),
  })
  .meta({ id: 'EventGroup' });

const EXAMPLE = {
  id: '8',
  portalId: 41_000_009,
  type: 'nova_earned',
  mapping: null,
  state: 'dead',
  errorClass: 'permanent',
  reason: 'HubSpot refuses the row: PROPERTY_DOESNT_EXIST',
  attempts: 1,
  eventKey: null,
  orderingKey: 'driver-17',
  capturedAt: '2027-01-01T09:30:00.000Z',
  diedAt: '2027-01-01T09:30:01.000Z',
};
export const EXAMPLE_GROUP = {
  portalId: 41_000_009,
  type: 'nova_earned',
  errorClass: 'permanent',
  count: 1,
};

const the = { tag: 'Dead letters', scopes: ['outbox'] } as const;

/** Dead letters: what they are, and how an operator gives them up. `redriveOperations.ts` sends them again. */
export const DEAD_LETTER_OPERATIONS = [
  defineOperation({
    ...the,
    id: 'listDeadLetters',
    method: 'get',
    path: '/api/outbox/dead-letters',
    summary: 'List dead letters, the newest first, and how many of each kind there are',
    input: {
      query: deadLetterFilter.omit({ ids: true }).extend({ ...pageQuery(idSchema) }),
    },
    answers: {
      200: {
        description: 'A page of dead letters; `groups` counts all that match',
        body: pageOf(deadLetterSchema)
          .extend({ groups: z.array(eventGroupSchema) })
          .meta({ id: 'DeadLetterPage' }),
        example: { items: [EXAMPLE], next: null, groups: [EXAMPLE_GROUP] },
      },
    },
    errors: ['not_found'],
    async run({ pool, registry }: Dependencies, { workspaceId }, { query: { after, limit, ...filter } }) {
      const db = forWorkspace(pool, workspaceId);
      const page = await readPage(
        limit,
        (max) => listDeadLetters(db, workspaceId, filter, { after, limit: max }),
        ({ id }) => id,
      );
      await refuseUnknownFilter({ pool, registry }, workspaceId, page.items, filter);
      return { status: 200, body: { ...page, groups: await countDeadLetters(db, workspaceId, filter) } };
    },
  }),

  defineOperation({
    ...the,
    id: 'discardDeadLetters',
    method: 'post',
    path: '/api/outbox/discards',
    summary: 'Give dead letters up',
    description: 'They stay listed, with the reason. `preview: true` says which, and changes nothing.',
    input: {
      body: z
        .strictObject({
          // One that is discarded already would be found again by the next batch, and the next.
          filter: deadLetterFilter.extend({ state: z.enum(['dead', 'invalid']).optional() }),
          reason: textSchema(500),
          preview: z.boolean().default(false),
        })
        .meta({ id: 'Discard' }),
    },
    answers: {
      200: {
        description: 'How many were given up, or would be',
        body: z.union([
          z.strictObject({ discarded: z.number().int() }).meta({ id: 'Discarded' }),
          z
            .strictObject({ total: z.number().int(), groups: z.array(eventGroupSchema) })
            .meta({ id: 'DiscardPreview' }),
        ]),
        example: { discarded: 1 },
      },
    },
    errors: ['not_found'],
    example: { body: { filter: { ids: ['8'] }, reason: 'the account was deleted' } },
    async run({ pool, logger, registry }: Dependencies, caller, { body: { filter, reason, preview } }) {
      const { workspaceId } = caller;
      await refuseMissing(forWorkspace(pool, workspaceId), workspaceId, filter);
      const groups = await countDeadLetters(forWorkspace(pool, workspaceId), workspaceId, filter);
      await refuseUnknownFilter({ pool, registry }, workspaceId, groups, filter);
      if (preview) return { status: 200, body: { total: totalOf(groups), groups } };
      let discarded = 0;
      for (;;) {
        const count = await inAuditedTransaction({ pool, logger }, caller, async (client, note) => {
          const some = await discardDeadLetters(client, workspaceId, filter, reason, DISCARDED_AT_ONCE);
          // Not the reason: people write what they like there. It stands with the event.
          if (some > 0)
            note('outbox.discard', {
              portalId: filter.portalId,
              filter: { ...filter, ids: filter.ids?.length },
              count: some,
            });
          return some;
        });
        crashPoint('outbox.discard.batch-discarded');
        discarded += count;
        if (count < DISCARDED_AT_ONCE) break;
      }
      return { status: 200, body: { discarded } };
    },
  }),
] as const;
