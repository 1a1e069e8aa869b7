import type { IntakeAnswer } from '../../db/throttle/intake.js';
import { isoDuration } from '../../domain/duration.js';

/** What HubSpot reads in our answer (HUBSPOT §1.4): strings only. */
export interface ActionAnswer {
  readonly outputFields: Readonly<Record<string, string>>;
}

/** The answer for what became of the call, be it new or a repeat. */
export function answerFor(
  { state, expiresInMs, plannedInMs }: IntakeAnswer,
  queue: string | null,
): ActionAnswer {
  switch (state) {
    case 'waiting':
      return {
        outputFields: { hs_execution_state: 'BLOCK', hs_expiration_duration: isoDuration(expiresInMs ?? 0) },
      };
    case 'completed':
    case 'gone':
      return { outputFields: { hs_execution_state: 'SUCCESS', sluice_status: 'released', ...named(queue) } };
    default:
      return {
        outputFields: {
          hs_execution_state: 'FAIL_CONTINUE',
          sluice_status: state,
          ...(state === 'refused' && plannedInMs !== null
            ? { sluice_wait_seconds: String(Math.round(plannedInMs / 1000)) }
            : {}),
          ...named(queue),
        },
      };
  }
}

export function rejected(reason: string): ActionAnswer {
  return {
    outputFields: {
      hs_execution_state: 'FAIL_CONTINUE',
      sluice_status: 'rejected',
      sluice_reason: reason.slice(0, 500),
    },
  };
}

function named(queue: string | null): Record<string, string> {
  return queue === null ? {} : { sluice_queue: queue };
}
