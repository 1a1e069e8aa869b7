import type { Command } from 'commander';
import { readInstallation, type InstallationNow } from '../../db/installation/installations.js';
import { createLogger } from '../../platform/logger.js';
import { settleInstallation } from '../../services/installation/settleInstallation.js';
import { connectTemporal } from '../../temporal/connection.js';
import { show, verb, type Context } from '../context.js';
import { asOperator } from '../database.js';
import { CliError } from '../errors.js';
import { sheet } from '../output.js';

interface Json {
  readonly json?: boolean;
}

/** Which installation this database is. On the database, and for `restored` with Temporal. */
export function addInstallation(installation: Command, context: Context): void {
  verb(installation, {
    name: 'show',
    description: 'its id, which is part of every key that HubSpot gets, and where it stands',
    example: 'show',
  }).action(async ({ json }: Json) => {
    const now = await asOperator(context.database(), readInstallation);
    if (!now) throw new CliError('The database has no installation id yet: run `npm run migrate`');
    show(context, json, now, () => describe(now));
  });

  verb(installation, {
    name: 'restored',
    description:
      'say that the database was restored or copied, before its processes are started: it takes a new id, numbers what comes far above, and has the Temporal namespace from now on',
    example: 'restored',
  }).action(async ({ json }: Json) => {
    const { temporal: settings } = context.settings();
    const namespace = settings.TEMPORAL_NAMESPACE;
    const { TEMPORAL_API_KEY: key, ...rest } = settings;
    const temporal = connectTemporal({
      ...rest,
      TEMPORAL_TASK_QUEUE: 'unused',
      ...(key === undefined ? {} : { TEMPORAL_API_KEY: key }),
    });
    const logger = createLogger({ LOG_LEVEL: 'error', LOG_FORMAT: 'pretty' }, 'cli');
    try {
      await temporal.check();
      const now = await asOperator(context.database(), (pool) =>
        settleInstallation({ pool, temporal, logger, namespace }, { force: true }),
      );
      show(context, json, now, () => describe(now));
    } finally {
      await temporal.close();
    }
  });
}

function describe({ id, lastEventId, place, moved }: InstallationNow): string {
  return sheet([
    ['installation', id],
    ['last event', lastEventId],
    ['server, database, timeline', place],
    ['state', moved ? 'restored or copied since: the worker gives it another id' : 'as it was made'],
  ]);
}
