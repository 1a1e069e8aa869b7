import type { Upgraded } from './eventType.js';

import { ExactNumber } from '../../../domain/exactJson.js';

/*
 * The payloads of the shipped event types as an earlier outbox wrote them: its fields are told apart by `user_id`,
 * which ours do not have. Rows of such an outbox and code that still captures them go on working.
 */

type Fields = Readonly<Record<string, unknown>>;
type Names = Readonly<Record<string, string>>;

const COMMON = { user_id: 'driverId', email: 'email' };
const AMOUNT = { amount_cents: 'amount', new_balance_cents: 'balance' };
const REDEMPTION = { redemption_id: 'redemptionId', merchant_id: 'merchant' };

/** Former name → name, by type. */
const NAMES = {
  driver_signed_up: { ...COMMON, auth_provider: 'source', created_at: 'occurredAt' },
  wallet_pass_installed: { ...COMMON, pass_type: 'platform', installed_at: 'occurredAt' },
  nova_earned: { ...COMMON, ...AMOUNT, session_id: 'sessionId', earned_at: 'occurredAt' },
  nova_redeemed: { ...COMMON, ...AMOUNT, ...REDEMPTION, redeemed_at: 'occurredAt' },
  first_redemption_completed: {
    ...COMMON,
    ...REDEMPTION,
    amount_cents: 'amount',
    completed_at: 'occurredAt',
  },
} satisfies Record<string, Names>;

/** Reads a payload of the type by its former names; undefined where it has today's, or is none. */
export function fromFormerPayload(type: keyof typeof NAMES): (payload: unknown) => Upgraded | undefined {
  const names: Names = NAMES[type];
  const former = new Map(Object.entries(names).map(([before, name]) => [name, before]));
  return (payload) => {
    if (!isFormer(payload)) return undefined;
    const fields = Object.entries(payload)
      // What was not known was written as an empty text.
      .filter(([, value]) => value !== '' && value !== null)
      .map(([name, value]) => [names[name] ?? name, written(names[name], value)]);
    return {
      // Only the first event of a driver had the e-mail.
      payload: { ...(Object.fromEntries(fields) as Fields), keyed: true },
      sentAs: (field) => former.get(field) ?? field,
    };
  };
}

function isFormer(payload: unknown): payload is Fields {
  return typeof payload === 'object' && payload !== null && 'user_id' in payload && !('driverId' in payload);
}

/** Ids may be numbers. Times have no zone where they were made by `datetime.utcnow()`: they are UTC. */
function written(name: string | undefined, value: unknown): unknown {
  if (name === 'driverId' || name === 'redemptionId' || name === 'merchant' || name === 'sessionId')
    return typeof value === 'number' || value instanceof ExactNumber ? String(value) : value;
  if (name === 'occurredAt' && typeof value === 'string' && WITHOUT_ZONE.test(value))
    return `${value.replace(' ', 'T')}Z`;
  return value;
}

const WITHOUT_ZONE = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,9})?$/;
