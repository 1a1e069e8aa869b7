import {
  clockCheck,
  databaseCheck,
  encodingCheck,
  isolationCheck,
  maintenanceCheck,
  migrationsCheck,
  rolesCheck,
  writeCheck,
} from '../db/checks.js';
import type { DatabaseClock } from '../db/clock.js';
import type { Pool } from '../db/pool.js';
import type { Config } from '../platform/config/config.js';
import type { Check, HealthCheck } from '../platform/health.js';
import type { Logger } from '../platform/logger.js';
import {
  namespaceCheck,
  reconcilerCheck,
  searchAttributesCheck,
  taskQueuesCheck,
} from '../temporal/checks.js';
import type { TemporalConnection } from '../temporal/connection.js';

/*
 * What the service needs in order to do its work, as data: /readyz shows it, a process that starts looks at it, and so
 * may a command.
 */

type Description = Pick<Check, 'what' | 'mend' | 'refuses' | 'after'>;

export const CHECKS = {
  environment: {
    what: 'The environment can be used',
    mend: 'Set what it names, in the environment or in .env (.env.example says what each variable means)',
  },
  definitions: {
    what: 'What is defined in sluice.config.ts can be used',
    mend: 'Mend the lines that it names: API and worker do not start with them (docs/definitions.md)',
  },
  actionSecrets: {
    after: 'definitions',
    what: 'The secrets that actions need are there',
    mend: 'Set what it names in the environment of the worker, and of the API for actions that answer inline: they do not start without (docs/actions.md#secrets)',
  },
  node: {
    what: 'Node is one that Sluice runs on',
    mend: 'Install the version of Node that package.json asks for (`engines`)',
  },
  disk: {
    what: 'The disks that this machine writes to have room',
    mend: 'Make room on the disk that it names, or name another folder',
  },
  database: {
    what: 'The database answers',
    mend: 'Check DATABASE_URL and that Postgres runs',
  },
  encoding: {
    after: 'database',
    what: 'The database keeps every text',
    mend: `Make a database with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0, and name that one`,
    refuses: true,
  },
  migrations: {
    after: 'database',
    what: 'The database is as new as the code',
    mend: 'Run `npm run migrate`',
    refuses: true,
  },
  encryptionKeys: {
    after: 'database',
    what: 'Every key that seals a secret is in ENCRYPTION_KEYS',
    mend: 'Add the keys that are missing to ENCRYPTION_KEYS',
  },
  isolation: {
    after: 'database',
    what: 'Row-level security holds the login of the database',
    mend: 'Give DATABASE_URL a login that is a member of sluice_app only, and DATABASE_ADMIN_URL the owner; then run `npm run migrate`',
    refuses: true,
  },
  roles: {
    after: 'database',
    what: 'The login may do what the API and the workers do',
    mend: 'Run `npm run migrate` with the DATABASE_URL of this process: it makes the login a member of sluice_app',
    refuses: true,
  },
  maintenance: {
    after: 'database',
    what: "The worker's login may run sweeps",
    mend: "Run `npm run migrate` with the worker's DATABASE_WORKER_URL: it makes the login a member of sluice_maintenance",
    refuses: true,
  },
  write: {
    after: 'database',
    what: 'The database takes a row',
    mend: 'Name the primary server, and see that its disk has room',
  },
  server: {
    after: 'database',
    what: 'Postgres is of a version that Sluice is tested with',
    mend: 'Take a newer Postgres when you can',
  },
  durability: {
    after: 'database',
    what: 'What Postgres has committed is on its disk',
    mend: 'Set `fsync = on` and `full_page_writes = on` in postgresql.conf, and have it reloaded',
  },
  inbox: {
    what: "The inbox in the application's database can be emptied",
    mend: 'Run `npx sluice outbox install`, and grant the login of OUTBOX_DATABASE_URL SELECT and DELETE on outbox_inbox',
  },
  clock: {
    after: 'database',
    what: "This machine's clock is that of the database",
    mend: 'Have the clock set (NTP)',
  },
  temporal: {
    what: 'Temporal answers',
    mend: 'Check TEMPORAL_ADDRESS, TEMPORAL_TLS and TEMPORAL_API_KEY, and that Temporal runs',
  },
  namespace: {
    after: 'temporal',
    what: 'The namespace is there',
    mend: 'Make it (`temporal operator namespace create --namespace …`), or correct TEMPORAL_NAMESPACE',
    refuses: true,
  },
  searchAttributes: {
    after: 'temporal',
    what: 'The namespace has our search attributes',
    mend: 'Run `npm run setup`, which makes them; where it may not: `temporal operator search-attribute create --name … --type Keyword` for each',
    refuses: true,
  },
  taskQueues: {
    after: 'temporal',
    what: 'Workers ask for the tasks of each queue',
    mend: 'Start a worker (`npm run worker`) with the same TEMPORAL_NAMESPACE and TEMPORAL_TASK_QUEUE',
  },
  reconciler: {
    after: 'temporal',
    what: "The reconciler's schedule runs",
    mend: 'Unpause it (`temporal schedule toggle --schedule-id sluice-relay --unpause --reason …`); a worker makes one that is missing',
  },
  syncSchedules: {
    after: 'temporal',
    what: 'The schedules that read records into the mirror run',
    mend: 'Unpause the one that it names (`temporal schedule toggle --schedule-id … --unpause --reason …`); a worker makes one that is missing',
  },
  webhooksJournal: {
    after: 'database',
    what: "HubSpot's webhooks journal is read",
    mend: 'See why it is not (`npx sluice webhooks journal`); what it told of is searched meanwhile',
  },
  publicUrl: {
    what: 'PUBLIC_URL is an address that HubSpot can call',
    mend: 'Set PUBLIC_URL to the https origin that is entered at HubSpot; on a machine of your own, that of a tunnel to PORT',
  },
  certificate: {
    after: 'publicUrl',
    what: 'The certificate of PUBLIC_URL is valid for two weeks and more',
    mend: 'Have the certificate renewed by whatever renews it, and see why it was not',
  },
  signedCall: {
    after: 'publicUrl',
    what: 'A signed call to PUBLIC_URL arrives as it was sent',
    mend: 'Have what stands before the API pass on path, query and body as they came; see that it runs with this PUBLIC_URL and HUBSPOT_CLIENT_SECRET',
  },
  hubspot: {
    what: 'HubSpot answers',
    mend: 'Check HUBSPOT_API_BASE_URL, and that this machine may call it',
  },
  hubspotClock: {
    after: 'hubspot',
    what: "HubSpot's clock is that by which its signatures are judged",
    mend: 'Have the clocks of this machine and of the database set (NTP): calls that seem older than five minutes are refused',
  },
  oauthClient: {
    after: 'hubspot',
    what: 'HubSpot knows our app by its id and secret',
    mend: "Copy HUBSPOT_CLIENT_ID and HUBSPOT_CLIENT_SECRET again from the app's settings at HubSpot",
  },
  portals: {
    after: 'database',
    what: 'Every portal that is connected can be worked for',
    mend: 'Do for each what `npx sluice status` says, with a key of its workspace',
  },
  sending: {
    after: 'database',
    what: 'What is to be sent live can be sent',
    mend: 'Connect a portal (`npx sluice portals connect --events`), set HUBSPOT_PRIVATE_APP_TOKEN for the one of HUBSPOT_PORTAL_ID, or set HUBSPOT_SEND_LIVE=false',
  },
} as const satisfies Record<string, Description>;

export type CheckId = keyof typeof CHECKS;

interface Dependencies {
  readonly pool: Pool;
  readonly config: Config;
  readonly logger: Logger;
  readonly temporal: Pick<TemporalConnection, 'check' | 'abilities'>;
  readonly encryptionKeys: HealthCheck;
}

/** Those of the API and the intake: they take calls while Temporal and the workers are away. */
export function apiChecks({
  pool,
  config,
  logger,
  temporal,
  encryptionKeys,
  clock,
}: Dependencies & { readonly clock: DatabaseClock }): readonly Check[] {
  return [
    ...databaseChecks({ pool, config, logger, encryptionKeys }),
    check('clock', clockCheck(clock)),
    ...temporalChecks({ temporal, config }).map((one) => ({ ...one, helpful: true, refuses: false })),
  ];
}

/** Those of a worker, which does nothing without Temporal. `remake` makes the schedule of the reconciler. */
export function workerChecks({
  pool,
  config,
  logger,
  temporal,
  encryptionKeys,
  remake,
}: Dependencies & { readonly remake: () => Promise<void> }): readonly Check[] {
  return [
    ...databaseChecks({ pool, config, logger, encryptionKeys }),
    check('maintenance', maintenanceCheck(pool)),
    ...temporalChecks({ temporal, config, remake }),
  ];
}

/** What the database has to be for any process of ours. */
export function databaseChecks({
  pool,
  config,
  logger,
  encryptionKeys,
}: Omit<Dependencies, 'temporal'>): readonly Check[] {
  return [
    check('database', databaseCheck(pool)),
    check('encoding', encodingCheck(pool)),
    check('migrations', migrationsCheck(pool)),
    check('encryptionKeys', encryptionKeys),
    check('isolation', isolationCheck(pool, config, logger)),
    check('roles', rolesCheck(pool)),
    check('write', sparingly(writeCheck(pool))),
  ];
}

/** What Temporal has to be for the work to be done. */
export function temporalChecks({
  temporal,
  config,
  remake,
}: Pick<Dependencies, 'temporal' | 'config'> & { readonly remake?: () => Promise<void> }): readonly Check[] {
  return [
    check('temporal', () => temporal.check()),
    check('namespace', sparingly(namespaceCheck(temporal, config))),
    check('searchAttributes', sparingly(searchAttributesCheck(temporal, config))),
    check('taskQueues', sparingly(taskQueuesCheck(temporal, config))),
    check('reconciler', sparingly(reconcilerCheck(temporal, remake))),
  ];
}

/** /readyz is open to anybody: what costs a row or a call is well for so long after it was. */
const WELL_FOR_MS = 5000;

function sparingly(run: HealthCheck): HealthCheck {
  let wellAt = -Infinity;
  return async () => {
    if (performance.now() - wellAt < WELL_FOR_MS) return;
    await run();
    wellAt = performance.now();
  };
}

/** A check with its words. Rooms make theirs with it. */
export function check(id: CheckId, run: HealthCheck): Check {
  return { id, ...CHECKS[id], run };
}
