import { Command } from 'commander';
import { newApiKey, SCOPES, storeApiKey } from '../db/workspaces/apiKeys.js';
import { audit } from '../db/audit/audit.js';
import { migrate } from '../db/migrate.js';
import { createPool } from '../db/pool.js';
import { storePortal } from '../db/portals/connectPortal.js';
import { inWorkspace } from '../db/tenant.js';
import { ensureDefaultWorkspace } from '../db/workspaces/workspaces.js';
import { createLogger } from '../platform/logger.js';
import { databaseEnvironment } from './environment.js';
import { run } from './run.js';

const program = new Command('npm run setup --')
  .description(
    'Brings the database up to date, makes the default workspace and an API key, and prints the key: only its hash ' +
      'is stored. With SLUICE_API_KEY it is that key, however often this runs.',
  )
  .option('--json', 'print {workspaceId, apiKey}');

run<{ json?: true }>(program, async ({ json }) => {
  const env = databaseEnvironment();
  await migrate({
    adminUrl: env.DATABASE_ADMIN_URL,
    appUrl: env.DATABASE_URL,
    workerUrl: env.DATABASE_WORKER_URL,
    say: (line) => process.stderr.write(`${line}\n`),
  });

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
