import { z } from 'zod';

const PREFIXES = ['contact', 'company', 'deal', 'ticket', 'object'] as const;
const ACTIONS = ['creation', 'deletion', 'merge', 'propertyChange', 'restore', 'associationChange'] as const;

/** Those of `object` are of all types that have no events of their own name. */
export const EVENT_TYPES: readonly string[] = [
  ...PREFIXES.flatMap((prefix) => ACTIONS.map((action) => `${prefix}.${action}`)),
  'contact.privacyDeletion',
];

const ms = z.int().min(0).max(3_600_000);

export const webhooksPlan = z.strictObject({
  targetUrl: z.url({ protocol: /^https?$/ }),
  subscriptions: z
    .array(z.string())
    .default([...EVENT_TYPES])
    .refine((types) => types.every((type) => EVENT_TYPES.includes(type)), {
      message: `There are: ${EVENT_TYPES.join(', ')}`,
    }),
  maxConcurrentRequests: z.int().min(1).max(100).default(10),
  signature: z.enum(['v1', 'v3', 'both']).default('both'),
  /** Events that are to be sent go in any order. */
  shuffle: z.boolean().default(false),
  /** The share of events that are sent twice, in two requests. */
  double: z.number().min(0).max(1).default(0),
  /** From an event to its request. */
  delayMs: ms.default(0),
  /** So many of a thousand events are never sent. */
  losePerMille: z.number().min(0).max(1_000).default(0),
  /** Doubled for each try, and up to half as much again by chance. */
  retryBaseMs: ms.min(1).default(1_000),
  attempts: z.int().min(1).max(10).default(10),
  timeoutMs: ms.min(1).default(5_000),
});

export type WebhooksPlan = z.infer<typeof webhooksPlan>;
