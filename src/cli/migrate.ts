import { Command } from 'commander';
import { ensureDatabase } from '../db/ensureDatabase.js';
import { migrate } from '../db/migrate.js';
import { databaseEnvironment } from './environment.js';
import { run } from './run.js';

const program = new Command('npm run migrate --').description(
  'Makes the database where there is none, and brings it to this version. Safe to run at any time, from several places at once.',
);

run(program, async () => {
  const env = databaseEnvironment();
  const made = await ensureDatabase(env.DATABASE_ADMIN_URL);
  if (made !== undefined) process.stderr.write(`Made the database ${made}\n`);
  const { functions } = await migrate({
    adminUrl: env.DATABASE_ADMIN_URL,
    appUrl: env.DATABASE_URL,
    workerUrl: env.DATABASE_WORKER_URL,
    say: (line) => process.stderr.write(`${line}\n`),
  });
  process.stdout.write(`The database is up to date (tables, and ${functions} functions)\n`);
});
