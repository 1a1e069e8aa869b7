import { z } from 'zod';
import { address, count, crashPoint, milliseconds, origin, port, proxies } from './values.js';

/** The process itself: where it listens, what it logs, how it ends. */
export const serviceSchema = {
  NODE_ENV: z.enum(['development', 'test', 'production']).default('development'),
  HOST: address.optional(),
  PORT: port.default(3000),
  PUBLIC_URL: origin.optional(),
  TRUSTED_PROXIES: proxies.default(0),
  MAX_CONNECTIONS: count(10, 100_000).default(2000),
  API_REQUESTS_PER_MINUTE: count(1, 1_000_000).default(1200),
  CHECK_ANSWERS: z.stringbool().optional(),
  LOG_LEVEL: z.enum(['error', 'warn', 'info', 'debug', 'silent']).default('info'),
  LOG_FORMAT: z.enum(['json', 'pretty', 'asctime']).default('json'),
  LOG_STREAM: z.enum(['stderr', 'stdout']).default('stderr'),
  SHUTDOWN_DEADLINE_MS: milliseconds.default(10_000),
  METRICS_PORT: port.default(9464),
  API_METRICS_PORT: port.default(9465),
  INTAKE_METRICS_PORT: port.default(9466),
  API_INTAKE: z.enum(['port', 'listener', 'off']).default('port'),
  INTAKE_PORT: port.default(3002),
  CRASH_POINT: crashPoint.optional(),
};
