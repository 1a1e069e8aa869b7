import { count, secret } from './values.js';

export const databaseSchema = {
  DATABASE_URL: secret,
  DATABASE_WORKER_URL: secret.optional(),
  DATABASE_ADMIN_URL: secret.optional(),
  DATABASE_POOL_SIZE: count(2, 200).default(10),
  INTAKE_POOL_SIZE: count(2, 200).default(8),
  API_STATEMENT_TIMEOUT_MS: count(100, 60_000).default(3000),
};
