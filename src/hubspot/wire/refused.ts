import type { Outcome } from './outcomes.js';

/** What was asked for the app itself did not work. `message` is ours: HubSpot's words may quote what was sent. */
export interface Refused {
  readonly kind: 'refused';
  /** Another try may help: it did not work now. */
  readonly isPassing: boolean;
  readonly code: string;
  readonly message: string;
  readonly retryAfterMs?: number;
}

export const unreadable = (what: string): Refused => ({
  kind: 'refused',
  isPassing: true,
  code: 'unreadable',
  message: `HubSpot answered with ${what} that cannot be read`,
});

/** `asked`: what of HubSpot, as in "HubSpot's webhooks journal". */
export function refusedBy(asked: string, outcome: Outcome): Refused {
  const status = outcome.status === undefined ? '' : ` (${outcome.status})`;
  const isPassing = !['unauthorized', 'forbidden', 'invalid', 'notFound'].includes(outcome.kind);
  const reason = 'reason' in outcome ? outcome.reason : 'category' in outcome ? outcome.category : undefined;
  return {
    ...{ kind: 'refused', isPassing, code: reason ?? outcome.kind },
    message: `${asked}: ${outcome.kind}${status}${reason === undefined ? '' : `, ${reason}`}`,
    ...('retryAfterMs' in outcome &&
      outcome.retryAfterMs !== undefined && { retryAfterMs: outcome.retryAfterMs }),
  };
}
