import os from 'node:os';
import { createDatabaseClock } from '../db/clock.js';
import { clockCheck, durabilityCheck, maintenanceCheck, serverCheck } from '../db/checks.js';
import { inboxCheck } from '../db/outbox/inboxCheck.js';
import { createPool } from '../db/pool.js';
import { sendingCheck } from '../db/portals/sendingCheck.js';
import { lookAtHubSpot } from '../hubspot/oauth/lookAtHubSpot.js';
import { createTransport } from '../hubspot/wire/transport.js';
import type { Config } from '../platform/config/config.js';
import { withDeadline } from '../platform/deadline.js';
import type { Check } from '../platform/health.js';
import { createLogger } from '../platform/logger.js';
import { diskCheck, nodeCheck } from '../platform/machineChecks.js';
import type { Secret } from '../platform/secret.js';
import { encryptionKeysCheck } from '../secrets/encryptionKeysCheck.js';
import { connectTemporal } from '../temporal/connection.js';
import { schedulesCheck } from '../temporal/sync/schedules.js';
import { check, databaseChecks, temporalChecks } from './checks.js';
import type { Variables } from './definitions/actionSecrets.js';
import { actionSecretsCheck, definitionsCheck } from './definitions/definitionsCheck.js';
import { hubspotChecks } from './hubspotChecks.js';
import { portalsCheck } from './portals/portalsCheck.js';
import { certificateCheck, publicUrlCheck, signedCallCheck } from './publicUrlChecks.js';
import { journalCheck } from './webhooks/journalCheck.js';

export interface Doctor {
  readonly checks: readonly Check[];
  /** Gives up what is still under way. */
  close(): Promise<void>;
}

const CLOSE_WITHIN_MS = 2000;

/**
 * All that API and worker look at themselves, and what they cannot see or what would cost too much every twenty
 * seconds: the way on which HubSpot calls us, HubSpot itself, the disk. Nothing is made or changed.
 */
export function openDoctor(config: Config, variables: (names: readonly string[]) => Variables): Doctor {
  const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'doctor');
  const opened = (url: Secret, more: { role?: string; database?: 'foreign' } = {}) =>
    createPool(
      { DATABASE_URL: url, DATABASE_POOL_SIZE: 1 },
      { ...{ applicationName: 'sluice-doctor', logger, size: 4 }, ...more },
    );
  const pool = opened(config.DATABASE_URL);
  const workers = opened(config.DATABASE_WORKER_URL ?? config.DATABASE_URL);
  const hasOwner = config.DATABASE_ADMIN_URL.reveal() !== config.DATABASE_URL.reveal();
  const owner = hasOwner ? opened(config.DATABASE_ADMIN_URL, { role: 'sluice_system' }) : undefined;
  const inboxUrl = config.OUTBOX_DATABASE_URL;
  const inbox = inboxUrl && opened(inboxUrl, { database: 'foreign' });
  const temporal = connectTemporal(config);
  let isConnected = false;
  const connect = async () => {
    await temporal.check();
    isConnected = true;
  };
  const transport = createTransport(config.HUBSPOT_API_BASE_URL);
  const clock = createDatabaseClock({ pool, logger });
  const encryptionKeys = encryptionKeysCheck(pool, config.ENCRYPTION_KEYS);
  const hubspot = hubspotChecks(() => lookAtHubSpot(transport, config), clock);
  const folders = [
    process.cwd(),
    os.tmpdir(),
    ...(config.TOKEN_JOURNAL_DIR ? [config.TOKEN_JOURNAL_DIR] : []),
  ];

  const checks: readonly Check[] = [
    check('definitions', definitionsCheck(config)),
    check('actionSecrets', actionSecretsCheck(config, variables)),
    check('node', nodeCheck()),
    check('disk', diskCheck(folders)),
    ...databaseChecks({ pool, config, logger, encryptionKeys }),
    check('maintenance', maintenanceCheck(workers)),
    check('server', serverCheck(pool)),
    check('durability', durabilityCheck(pool)),
    check('clock', clockCheck(clock)),
    ...(inbox ? [check('inbox', inboxCheck(inbox))] : []),
    ...temporalChecks({ temporal: { check: connect, abilities: temporal.abilities }, config }),
    check('syncSchedules', schedulesCheck({ abilities: temporal.abilities })),
    check('publicUrl', publicUrlCheck(config)),
    ...(config.PUBLIC_URL.startsWith('https:') ? [check('certificate', certificateCheck(config))] : []),
    check('signedCall', signedCallCheck({ ...config, clock })),
    check('hubspot', hubspot.hubspot),
    check('hubspotClock', hubspot.hubspotClock),
    check('oauthClient', hubspot.oauthClient),
    check('portals', portalsCheck({ owner, pool, errorShare: config.ERROR_SHARE_PERCENT / 100 })),
    check('sending', sendingCheck(pool, config)),
    ...(config.WEBHOOKS_JOURNAL ? [check('webhooksJournal', journalCheck(pool))] : []),
  ];

  return {
    checks,
    async close() {
      const ends = [pool, workers, owner, inbox].map((one) => one?.end());
      // One that was never made tries again for some seconds, and ends the process where it finds itself closed then.
      const connected = isConnected ? temporal.close() : undefined;
      const all = Promise.allSettled([...ends, transport.close(), connected]);
      // What hangs ends by its own time-outs, and nobody waits for it.
      await withDeadline(all, CLOSE_WITHIN_MS, () => new Error('Not yet')).catch(() => undefined);
    },
  };
}
