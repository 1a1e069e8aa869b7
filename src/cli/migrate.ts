import { migrate } from '../db/migrate.js';
import { databaseEnvironment } from './environment.js';
import { run } from './run.js';

/** `npm run migrate`: brings the database to this version. Safe to run at any time, from several places at once. */
run(async () => {
  const env = databaseEnvironment();
  const { functions } = await migrate({ adminUrl: env.DATABASE_ADMIN_URL, appUrl: env.DATABASE_URL });
  process.stdout.write(`The database is up to date (tables, and ${functions} functions)\n`);
});
