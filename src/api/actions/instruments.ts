import { SIGNATURE_REASONS } from '../../hubspot/incoming/signature.js';
import { FAST_SECONDS, type Metrics } from '../../platform/metrics.js';

export type ActionIntakeInstruments = ReturnType<typeof createActionIntakeInstruments>;

export function createActionIntakeInstruments(metrics: Metrics) {
  return {
    calls: metrics.counter({
      name: 'sluice_action_calls_total',
      help: "Calls of actions of one's own from HubSpot, by what they were answered",
      labelNames: ['result'],
      from0: { result: ['unavailable', ...SIGNATURE_REASONS.map((reason) => `signature_${reason}`)] },
    }),
    seconds: metrics.histogram({
      name: 'sluice_action_call_seconds',
      help: 'From the arrival of a call of an action to its answer, commit included',
      buckets: FAST_SECONDS,
    }),
    options: metrics.counter({
      name: 'sluice_options_calls_total',
      help: 'Questions of HubSpot for the options of drop-downs, by what they were answered',
      labelNames: ['result'],
    }),
    optionsSeconds: metrics.histogram({
      name: 'sluice_options_seconds',
      help: 'From the arrival of such a question to its answer',
      buckets: FAST_SECONDS,
    }),
  };
}
