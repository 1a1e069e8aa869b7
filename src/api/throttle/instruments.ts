import type { Queryable } from '../../db/pool.js';
import { waitingByLane } from '../../db/throttle/waitingByLane.js';
import { SIGNATURE_REASONS } from '../../hubspot/incoming/signature.js';
import { BATCH_SIZES, FAST_SECONDS, remembered, type Metrics } from '../../platform/metrics.js';

const MAX_LANES_SHOWN = 200;

export type IntakeInstruments = ReturnType<typeof createIntakeInstruments>;

export function createIntakeInstruments(metrics: Metrics) {
  return {
    intakeCalls: metrics.counter({
      name: 'sluice_intake_calls_total',
      help: 'Action calls from HubSpot, by what they were answered',
      labelNames: ['result'],
      from0: { result: ['unavailable', ...SIGNATURE_REASONS.map((reason) => `signature_${reason}`)] },
    }),
    intakeBatchSize: metrics.histogram({
      name: 'sluice_intake_batch_size',
      help: 'Action calls that were committed together',
      buckets: BATCH_SIZES,
    }),
    intakeSeconds: metrics.histogram({
      name: 'sluice_intake_seconds',
      help: 'From the arrival of an action call to its answer, commit included',
      buckets: FAST_SECONDS,
    }),
    starterPacks: metrics.counter({
      name: 'sluice_starter_packs_total',
      help: 'Workflows started for executions, by kind',
      labelNames: ['kind'],
    }),
  };
}

/** Read from the database at each scrape; one process per deployment is enough. */
export function watchLanes(metrics: Metrics, db: Queryable): void {
  const lanes = remembered(() => waitingByLane(db, MAX_LANES_SHOWN));
  metrics.gauge({
    name: 'sluice_lane_waiting_executions',
    help: `Executions that wait, of the ${MAX_LANES_SHOWN} longest lanes`,
    labelNames: ['portal', 'lane'],
    read: async () =>
      (await lanes()).map(({ portalId, laneId, waiting }) => [{ portal: portalId, lane: laneId }, waiting]),
  });
}
