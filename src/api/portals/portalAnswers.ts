import { z } from 'zod';
import { PRIORITIES } from '../../domain/hubspot/priorities.js';
import { PORTAL_AUTHS, PORTAL_STATES } from '../../domain/portals/portal.js';
import { milliseconds, portalId, time } from '../http/answers.js';
import { idSchema } from '../http/input.js';

const count = z.number().int().min(0);
const RINGS = ['ten_secondly', 'search', 'associations', 'oauth'] as const;

/** A portal as it is answered. */
export const portalSchema = z
  .strictObject({
    portalId,
    name: z.string().nullable(),
    hubDomain: z.string().nullable(),
    state: z.enum(PORTAL_STATES),
    stateReason: z.string().nullable(),
    stateChangedAt: time,
    timeZone: z.string().meta({ description: "In which the account's days begin" }),
    auth: z.enum(PORTAL_AUTHS).meta({ description: 'How it was connected' }),
    scopes: z.array(z.string()),
    token: z.strictObject({
      expiresAt: time.nullable().meta({ description: 'Null: it does not expire, or there is none' }),
      refreshedAt: time.nullable(),
      ageMs: milliseconds.nullable(),
      refreshFailures: count,
      refreshError: z.string().nullable(),
    }),
    throttleEnabled: z.boolean(),
    syncEnabled: z.boolean(),
    eventsEnabled: z.boolean(),
    verifiedAt: time.nullable().meta({
      description: "When HubSpot said that the token is this account's; null: nobody has proved it",
    }),
    installedAt: time,
    updatedAt: time,
  })
  .meta({ id: 'Portal' });

export const EXAMPLE_PORTAL = {
  portalId: 41_000_009,
  name: 'Acme',
  hubDomain: 'acme.example',
  state: 'active',
  stateReason: null,
  stateChangedAt: '2027-01-01T09:30:00.000Z',
  timeZone: 'Europe/Dublin',
  auth: 'oauth',
  scopes: ['oauth', 'automation'],
  token: {
    expiresAt: '2027-01-01T10:00:00.000Z',
    refreshedAt: '2027-01-01T09:30:00.000Z',
    ageMs: 81_234,
    refreshFailures: 0,
    refreshError: null,
  },
  throttleEnabled: true,
  syncEnabled: false,
  eventsEnabled: false,
  verifiedAt: '2027-01-01T09:30:00.000Z',
  installedAt: '2027-01-01T09:30:00.000Z',
  updatedAt: '2027-01-01T09:30:00.000Z',
};

/** What a portal uses of HubSpot's limits. */
export const budgetSchema = z
  .strictObject({
    portalId,
    blockedUntil: time.nullable(),
    blockedReason: z.string().nullable(),
    breaker: z.strictObject({
      state: z.enum(['closed', 'open', 'half_open']),
      opens: count.meta({ description: 'How often it has opened in a row' }),
    }),
    errors: z.strictObject({
      day: z.iso.date().meta({ description: "The portal's own day" }),
      timeZone: z.string(),
      calls: count,
      errors: count,
      share: z.number(),
      mostShare: z.number().meta({ description: 'So large it may become; 0: nothing is held back' }),
      waiting: z.array(z.string()).meta({ description: 'The priorities that are held back' }),
    }),
    dayLimit: z
      .strictObject({
        limit: z.number().int().positive(),
        used: count,
        share: z.number(),
        endsAt: time,
        readAt: time,
      })
      .nullable()
      .meta({
        description:
          "HubSpot's limit for the account's day and what all its private apps have used of it, read once an hour. Null: not read today, or the portal is connected by OAuth, for which HubSpot publishes none",
      }),
    rings: z
      .array(
        z
          .strictObject({
            ring: z.enum(RINGS),
            limit: z.number().int(),
            intervalMs: milliseconds,
            used: count.meta({ description: 'Slots that are taken' }),
            free: z.number().int(),
            leased: count.meta({ description: 'Of the used: by calls of ours that are under way' }),
            others: count.meta({ description: 'Of the used: by others, as HubSpot has told' }),
            othersSeenAt: time.nullable(),
            byPriority: z.strictObject(
              Object.fromEntries(PRIORITIES.map((priority) => [priority, count])) as Record<
                (typeof PRIORITIES)[number],
                typeof count
              >,
            ),
            nextFreeAt: time.nullable().meta({ description: 'Null: a slot is free now' }),
            blockedUntil: time.nullable(),
            blockedReason: z.string().nullable(),
            refused: count.meta({ description: 'How many calls HubSpot has refused under this limit' }),
          })
          .meta({ id: 'Bucket' }),
      )
      .meta({ description: 'The buckets' }),
  })
  .meta({ id: 'PortalBudget' });

const ONE_BUCKET = {
  ...{ used: 7, leased: 1, others: 0, othersSeenAt: null },
  byPriority: { completion: 4, interactive: 0, outbox: 0, sync: 3, backfill: 0 },
  ...{ nextFreeAt: null, blockedUntil: null, blockedReason: null, refused: 0 },
};
export const EXAMPLE_BUDGET = {
  portalId: 41_000_009,
  blockedUntil: null,
  blockedReason: null,
  breaker: { state: 'closed', opens: 0 },
  errors: {
    ...{ day: '2027-01-01', timeZone: 'Europe/Dublin', calls: 1000, errors: 42, share: 0.042 },
    ...{ mostShare: 0.05, waiting: ['backfill', 'sync'] },
  },
  dayLimit: {
    ...{ limit: 250_000, used: 61_200, share: 0.2448 },
    ...{ endsAt: '2027-01-02T00:00:00.000Z', readAt: '2027-01-01T09:30:00.000Z' },
  },
  rings: [{ ring: 'ten_secondly', limit: 110, intervalMs: 10_000, free: 103, ...ONE_BUCKET }],
};

/** A request that was sent to HubSpot. */
export const requestSchema = z
  .strictObject({
    id: idSchema,
    at: time,
    method: z.string(),
    path: z.string().meta({ description: "Of HubSpot's API, without the ids in it" }),
    status: z.number().int().nullable().meta({ description: 'Null: no answer came' }),
    outcome: z.string(),
    ms: milliseconds,
    priority: z.string(),
    ring: z.string().meta({ description: 'The bucket' }),
    budgetUsed: z
      .number()
      .int()
      .nullable()
      .meta({ description: 'How many slots of the bucket were taken when the request got its own' }),
    correlationId: z.string().nullable(),
  })
  .meta({ id: 'HubSpotRequest' });

export const EXAMPLE_REQUEST = {
  id: '912',
  at: '2027-01-01T09:30:00.000Z',
  method: 'POST',
  path: '/automation/actions/callbacks/2026-03/complete',
  status: 204,
  outcome: 'ok',
  ms: 31,
  priority: 'completion',
  ring: 'ten_secondly',
  budgetUsed: 12,
  correlationId: null,
};
