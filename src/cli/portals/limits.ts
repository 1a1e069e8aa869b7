import type { Answers } from '../api.js';
import type { Context } from '../context.js';

const WHY: Readonly<Record<string, string>> = {
  scope: 'HubSpot did not grant custom events (portals connect --events)',
  refused: 'HubSpot allows the account no custom events',
  undefined: 'HubSpot has no such event: define it there',
  event: 'HubSpot refuses this event',
};

/** Why a custom event is not sent, in words. */
export function whyNot(why: string): string {
  return WHY[why] ?? why;
}

/** How its events are delivered there. */
export function delivered({ why, hasFallback }: Pick<Answers['LimitedType'], 'why' | 'hasFallback'>): string {
  if (hasFallback) return 'as properties of the contact';
  return why === 'undefined' ? 'not yet: its events wait' : 'not at all: a dead letter';
}

/** What a portal does not take, as a table. */
export function describeLimits(
  context: Pick<Context, 'table'>,
  limits: readonly Answers['LimitedType'][],
): string {
  return context.table(
    ['event type', 'is delivered', 'because'],
    limits.map(({ type, why, hasFallback }) => [type, delivered({ why, hasFallback }), whyNot(why)]),
  );
}
