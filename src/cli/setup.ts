import { Command } from 'commander';
import { newApiKey, SCOPES, storeApiKey } from '../db/workspaces/apiKeys.js';
import { audit } from '../db/audit/audit.js';
import { migrate } from '../db/migrate.js';
import { ensureDatabase } from '../db/ensureDatabase.js';
import { createPool } from '../db/pool.js';
import { storePortal } from '../db/portals/connectPortal.js';
import { inWorkspace } from '../db/tenant.js';
import { ensureDefaultWorkspace } from '../db/workspaces/workspaces.js';
import { createLogger } from '../platform/logger.js';
import { writeEnvFile } from './envFile.js';
import { databaseEnvironment, namesDatabase, temporalEnvironment } from './environment.js';
import { makeSearchAttributes } from './installation/searchAttributes.js';
import { run } from './run.js';

const program = new Command('npm run setup --')
  .description(
    'Makes the database where there is none, brings it up to date, makes the search attributes at Temporal where it may, the default workspace and an API key, and ' +
      'prints the key: only its hash is stored. With SLUICE_API_KEY it is that key, however often this runs. ' +
      'Without a database and a .env it writes the .env and says what to fill in.',
  )
  .option('--json', 'print {workspaceId, apiKey}');

run<{ json?: true }>(program, async ({ json }) => {
  const missing = namesDatabase() ? undefined : writeEnvFile('.');
  if (missing) {
    process.stdout.write(
      `Wrote .env, with an encryption key of its own: keep a copy of it apart from the database.\nFill in:\n${missing.join('\n')}\nFor the outbox also: HUBSPOT_ENABLED=true, and HUBSPOT_SEND_LIVE=true to send.\nThen \`npm start\` runs Sluice on this machine, with a database of its own. With one of yours: DATABASE_URL and TEMPORAL_ADDRESS, and \`npm run setup\` again.\n`,
    );
    return;
  }
  const env = databaseEnvironment();
  const made = await ensureDatabase(env.DATABASE_ADMIN_URL);
  if (made !== undefined) process.stderr.write(`Made the database ${made}\n`);
  await migrate({
    adminUrl: env.DATABASE_ADMIN_URL,
    appUrl: env.DATABASE_URL,
    workerUrl: env.DATABASE_WORKER_URL,
    say: (line) => process.stderr.write(`${line}\n`),
  });

  const temporal = await makeSearchAttributes(temporalEnvironment());
  if (temporal !== undefined) process.stderr.write(`${temporal}\n`);

  const logger = createLogger({ LOG_LEVEL: 'warn', LOG_FORMAT: 'pretty' }, 'setup');
  const pool = createPool(env, { applicationName: 'sluice-setup', logger, size: 1 });
  try {
    const workspaceId = await ensureDefaultWorkspace(pool);
    const key = env.SLUICE_API_KEY ?? newApiKey(env.NODE_ENV);
    await inWorkspace(pool, workspaceId, async (client) => {
      const made = { workspaceId, name: 'setup', key, scopes: SCOPES, createdBy: 'setup' };
      const keyId = await storeApiKey(client, made);
      if (keyId === undefined) return; // SLUICE_API_KEY, which an earlier run has stored
      const subject = { keyId, scopes: SCOPES };
      await audit(client, { workspaceId, actor: 'setup', operation: 'key.create', subject, result: 'ok' });
    });
    // The second way in beside OAuth: one portal, whose private app's token stays in the environment.
    const portalId = env.HUBSPOT_PORTAL_ID;
    if (portalId !== undefined) {
      await inWorkspace(pool, workspaceId, (client) =>
        storePortal(
          client,
          { workspaceId, portalId, auth: 'private_app', accessTokenSealed: null, verified: false },
          { maxPortals: Infinity }, // the operator's own
        ),
      );
    }

    const apiKey = key.reveal();
    process.stdout.write(
      json
        ? `${JSON.stringify({ workspaceId, apiKey })}\n`
        : `The database is up to date.\nWorkspace  ${workspaceId}\nAPI key    ${apiKey}\nKeep the key: it is not shown again. For the command line: export SLUICE_API_KEY=${apiKey}\n`,
    );
  } finally {
    await pool.end();
  }
});
