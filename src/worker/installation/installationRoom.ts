import { INSTALLATION_RETENTION } from '../../db/installation/retention.js';
import { settleInstallation } from '../../services/installation/settleInstallation.js';
import type { WorkerCore } from '../core.js';
import type { WorkerRoom } from '../room.js';

const LOOK_EVERY_MS = 15_000;
const TIMEOUT_MS = 25_000;

/** Notices that the database was restored under a service that runs, and keeps the mark at Temporal. */
export function createInstallationRoom({ pool, temporal, logger, config }: WorkerCore): WorkerRoom {
  const namespace = config.TEMPORAL_NAMESPACE;
  return {
    tables: INSTALLATION_RETENTION,
    sweeps: [
      {
        name: 'installation',
        everyMs: LOOK_EVERY_MS,
        timeoutMs: TIMEOUT_MS,
        async run() {
          await settleInstallation({ pool, temporal, logger, namespace });
          return 0;
        },
      },
    ],
  };
}
