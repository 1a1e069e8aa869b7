import type { Outcome } from '../../hubspot/wire/outcomes.js';

/** Why a portal's records of one type cannot be read now, in a form that may be stored and shown. */
export class SyncRefused extends Error {
  override readonly name = 'SyncRefused';

  constructor(
    message: string,
    /** `pauses`: HubSpot's word is final until a person does something; that type alone is paused. */
    readonly how: {
      readonly errorClass: SyncErrorClass;
      readonly pauses?: boolean;
      readonly retryAfterMs?: number;
      /** Of what nobody expected. */
      readonly cause?: unknown;
    },
  ) {
    super(message);
  }
}

/** What keeps a read from going on. `unclear`: an answer that is not understood; nothing follows from it. */
export const SYNC_ERROR_CLASSES = [
  'throttled',
  'unavailable',
  'unauthorized',
  'forbidden',
  'unknown_object',
  'refused',
  'unclear',
  'stuck',
  'unhandled',
] as const;
export type SyncErrorClass = (typeof SYNC_ERROR_CLASSES)[number];

/** What an outcome other than success means for the read that asked. */
export function refusedBy(outcome: Exclude<Outcome, { kind: 'ok' }>, objectType: string): SyncRefused {
  const retryAfter =
    'retryAfterMs' in outcome && outcome.retryAfterMs !== undefined
      ? { retryAfterMs: outcome.retryAfterMs }
      : {};
  switch (outcome.kind) {
    case 'throttled':
      return new SyncRefused(`HubSpot's limit for this portal is used up (${outcome.policy})`, {
        errorClass: 'throttled',
        ...retryAfter,
      });
    case 'locked':
    case 'migrating':
    case 'unavailable':
      return new SyncRefused('HubSpot does not answer for this portal now', {
        errorClass: 'unavailable',
        ...retryAfter,
      });
    case 'unauthorized':
      return new SyncRefused("HubSpot does not accept the portal's token", { errorClass: 'unauthorized' });
    case 'forbidden': {
      const scopes = outcome.missingScopes.length > 0 ? `: ${outcome.missingScopes.join(', ')}` : '';
      return new SyncRefused(
        `The portal has not granted what reading ${objectType} needs${scopes}. Authorise it anew, then resume`,
        { errorClass: 'forbidden', pauses: true },
      );
    }
    case 'notFound':
      return new SyncRefused(
        `The portal has no objects of the type ${objectType}. Name another one, or resume`,
        {
          errorClass: 'unknown_object',
          pauses: true,
        },
      );
    case 'invalid':
      return new SyncRefused(`HubSpot refuses the request for ${objectType} (${outcome.status})`, {
        errorClass: 'refused',
      });
    case 'partial':
    case 'unknown':
      return new SyncRefused('HubSpot answered what is not understood; it is asked again', {
        errorClass: 'unclear',
      });
  }
}
