import { count, databaseUrl } from './values.js';

export const databaseSchema = {
  DATABASE_URL: databaseUrl,
  DATABASE_WORKER_URL: databaseUrl.optional(),
  DATABASE_ADMIN_URL: databaseUrl.optional(),
  DATABASE_POOL_SIZE: count(2, 200).default(10),
  INTAKE_POOL_SIZE: count(2, 200).default(8),
  API_STATEMENT_TIMEOUT_MS: count(100, 60_000).default(3000),
};
