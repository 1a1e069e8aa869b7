import type { RegistrationRef } from '../../db/register/registrations.js';
import { createPlaces } from '../../platform/places.js';
import type { Logger } from '../../platform/logger.js';
import type { RegisterStarter } from '../../temporal/register/starter.js';

/** So many of a workspace wait at a time, and so many of all: whoever comes then is told where to ask. */
const MOST_OF_A_WORKSPACE = 200;
const MOST_OF_ALL = 1000;

/** Requests that wait for the end of their registration. They hold no connection to the database. */
export interface RegisterWaits {
  /** Starts it, and waits for its end for so long; in no case is it an error that it has not ended. */
  untilEnded(registration: RegistrationRef, withinMs: number): Promise<void>;
}

export function createRegisterWaits({
  temporal,
  logger,
}: {
  readonly temporal: RegisterStarter;
  readonly logger: Logger;
}): RegisterWaits {
  const places = createPlaces<string>({ ofKey: MOST_OF_A_WORKSPACE, ofAll: MOST_OF_ALL });

  return {
    async untilEnded(registration, withinMs) {
      const { workspaceId, portalId, registrationId } = registration;
      const leave = places.take(workspaceId);
      try {
        await temporal.awaitRegistration(registration, leave ? withinMs : 0);
      } catch (error) {
        // It is stored: the reconciler starts it when Temporal is back.
        logger.warn('A registration could not be started, or waited for', {
          portalId,
          registrationId,
          error,
        });
      } finally {
        leave?.();
      }
    },
  };
}
