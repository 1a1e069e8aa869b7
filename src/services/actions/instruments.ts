import { ENDED_RUN_STATES, type RunState } from '../../domain/actions/runStates.js';
import type { Metrics } from '../../platform/metrics.js';

/** How a try of a handler ended; `unset`: settings of the portal are missing, and the handler was not called. */
export type TryOutcome = 'done' | 'failed' | 'threw' | 'late' | 'invalid' | 'unset';

export type RunInstruments = ReturnType<typeof createRunInstruments>;

export function createRunInstruments(metrics: Metrics, actions: readonly string[]) {
  return {
    ended: metrics.counter({
      name: 'sluice_action_runs_total',
      help: 'Runs of actions that ended, by action and state; one that is retried ends again',
      labelNames: ['action', 'state'],
      from0: { action: actions, state: ENDED_RUN_STATES satisfies readonly RunState[] },
    }),
    tries: metrics.counter({
      name: 'sluice_action_tries_total',
      help: 'Tries of handlers of actions, by how they ended',
      labelNames: ['action', 'outcome'],
    }),
    seconds: metrics.histogram({
      name: 'sluice_action_seconds',
      help: 'How long a try of a handler took',
      labelNames: ['action'],
      buckets: [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 900],
    }),
    doubts: metrics.counter({
      name: 'sluice_action_doubts_total',
      help: 'Effects of `once` that were done again, since it is not known whether an earlier try had done them',
      labelNames: ['action'],
    }),
  };
}
