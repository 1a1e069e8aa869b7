import type { RegistrationState } from '../../domain/register/steps.js';
import type { Metrics } from '../../platform/metrics.js';

/** What registrations report of themselves. */
export interface RegisterMetrics {
  /** One has ended; one that is resumed ends again. */
  ended(state: Exclude<RegistrationState, 'open'>): void;
  /** A step was tried, and so many answers of it leave open whether a record was made. */
  tried(step: string, doubts: number): void;
}

export function createRegisterInstruments(metrics: Metrics, steps: readonly string[]): RegisterMetrics {
  const registrations = metrics.counter({
    name: 'sluice_registrations_total',
    help: 'Registrations that ended, by how; one that was resumed ends again',
    labelNames: ['state'],
    from0: { state: ['done', 'failed', 'refused'] },
  });
  const tries = metrics.counter({
    name: 'sluice_registration_tries_total',
    help: 'Tries of steps of registrations',
    labelNames: ['step'],
    from0: { step: steps },
  });
  const doubts = metrics.counter({
    name: 'sluice_registration_doubts_total',
    help: 'Records of registrations of which an answer has left open whether they were made',
  });
  return {
    ended: (state) => registrations.inc({ state }),
    tried(step, open) {
      tries.inc({ step });
      if (open > 0) doubts.inc({}, open);
    },
  };
}

/** Counts, at the API, those that it does not take. */
export function countTurnedAway(metrics: Metrics): () => void {
  const turnedAway = metrics.counter({
    name: 'sluice_registrations_turned_away_total',
    help: 'Registrations that were not taken, since as many of their portal are open as may be',
  });
  return () => turnedAway.inc();
}
