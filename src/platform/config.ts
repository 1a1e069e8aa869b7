import { existsSync } from 'node:fs';
import { z } from 'zod';
import { Secret } from './secret.js';
import { parseRate } from '../domain/throttle/rate.js';

const secret = z
  .string()
  .min(1)
  .transform((value) => new Secret(value));
const milliseconds = z.coerce.number().int().nonnegative();
const HUBSPOT_API = 'https://api.hubapi.com';
const WEEK_MS = 7 * 24 * 3_600_000;

const origin = z
  .url()
  .refine(
    (value) => new URL(value).pathname === '/',
    'must be an origin without a path, e.g. https://sluice.example.com',
  )
  .transform((value) => new URL(value).origin);

/** Words separated by commas or spaces, each once. */
const words = z.string().transform((text) => [...new Set(text.split(/[\s,]+/).filter(Boolean))]);

const origins = z.string().transform((text, context) =>
  text.split(',').map((one) => {
    const parsed = origin.safeParse(one.trim());
    if (parsed.success) return parsed.data;
    context.addIssue({ code: 'custom', message: 'must be origins without a path, comma-separated' });
    return z.NEVER;
  }),
);

/** The path under which HubSpot sends browsers back. The links that begin an install, and their cookie, stand beside it. */
export const CALLBACK_PATH = '/api/integrations/hubspot/callback';

const rate = z.string().transform((text, context) => {
  const parsed = parseRate(text);
  if (parsed.ok) return parsed.rate;
  context.addIssue({ code: 'custom', message: parsed.problem });
  return z.NEVER;
});

const apiVersion = z.enum(['2026-03', '2026-09', 'v4']);
const apiNames = z.enum([
  'actions',
  'objects',
  'associations',
  'properties',
  'pipelines',
  'owners',
  'account',
  'appinstalls',
  'events',
  'timeline',
]);

/** `associations=2026-09,events=v4`: APIs of HubSpot that are asked in another version than the others. */
const apiVersions = z.string().transform((text, context) => {
  const entries = text.split(',').map((entry) => entry.trim().split('='));
  const parsed = z
    .partialRecord(apiNames, apiVersion)
    .safeParse(Object.fromEntries(entries.map(([api, version]) => [api, version])));
  if (parsed.success && entries.every((entry) => entry.length === 2)) return parsed.data;
  context.addIssue({
    code: 'custom',
    message: `must be api=version, comma-separated; APIs: ${apiNames.options.join(', ')}; versions: ${apiVersion.options.join(', ')}`,
  });
  return z.NEVER;
});

/** `id:base64,…`: key-encryption keys, the first one seals, all of them open. */
const keyring = z.string().transform((text, context) => {
  const keys = text.split(',').map((entry) => {
    const [id = '', encoded = ''] = entry.trim().split(':');
    return { id, key: new Secret(encoded), bytes: Buffer.from(encoded, 'base64').length };
  });
  for (const { id, bytes } of keys) {
    if (!/^[\w-]{1,32}$/.test(id) || bytes !== 32) {
      context.addIssue({ code: 'custom', message: 'must be id:base64 of 32 bytes, comma-separated' });
      return z.NEVER;
    }
  }
  return keys.map(({ id, key }) => ({ id, key }));
});

/**
 * The environment, one entry per variable. `.env.example` is tested against it; every other file gets the parsed
 * object passed in. Units stand in the names.
 */
export const environmentSchema = z.object({
  NODE_ENV: z.enum(['development', 'test', 'production']).default('development'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
  PUBLIC_URL: origin.optional(),
  API_REQUESTS_PER_MINUTE: z.coerce.number().int().min(1).max(1_000_000).default(1200),
  DATABASE_URL: secret,
  DATABASE_ADMIN_URL: secret.optional(),
  DATABASE_POOL_SIZE: z.coerce.number().int().min(2).max(200).default(10),
  TEMPORAL_ADDRESS: z.string().min(1).default('127.0.0.1:7233'),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  TEMPORAL_API_KEY: secret.optional(),
  TEMPORAL_TLS: z.stringbool().default(false),
  TEMPORAL_TASK_QUEUE: z.string().min(1).default('sluice'),
  TEMPORAL_METRICS_PORT: z.coerce.number().int().min(0).max(65_535).optional(),
  HUBSPOT_APP_ID: z.coerce.number().int().positive(),
  HUBSPOT_CLIENT_ID: z.string().min(1),
  HUBSPOT_CLIENT_SECRET: z
    .string()
    .min(1)
    .transform((text) => text.split(',').map((one) => new Secret(one.trim()))),
  HUBSPOT_API_VERSION: apiVersion.default('2026-03'),
  HUBSPOT_API_VERSIONS: apiVersions.default({}),
  HUBSPOT_API_BASE_URL: origin.default(HUBSPOT_API),
  HUBSPOT_OAUTH_VERSION: z.enum(['v1', 'v3', '2026-03', '2026-09']).default('2026-03'),
  HUBSPOT_AUTHORIZE_URL: z.url().optional(),
  HUBSPOT_REDIRECT_URI: z
    .url()
    .refine((value) => new URL(value).pathname.endsWith(CALLBACK_PATH), `must end in ${CALLBACK_PATH}`)
    .optional(),
  HUBSPOT_OPTIONAL_SCOPES: words.default([]),
  INSTALL_RETURN_ORIGINS: origins.default([]),
  HUBSPOT_PRIVATE_APP_TOKEN: secret.optional(),
  HUBSPOT_PORTAL_ID: z.coerce.number().int().positive().optional(),
  ENCRYPTION_KEYS: keyring,
  TOKEN_REFRESH_BEFORE_MS: z.coerce.number().int().min(1000).max(1_200_000).default(60_000),
  LOG_LEVEL: z.enum(['error', 'warn', 'info', 'debug', 'silent']).default('info'),
  LOG_FORMAT: z.enum(['json', 'pretty']).default('json'),
  SHUTDOWN_DEADLINE_MS: milliseconds.default(10_000),
  METRICS_PORT: z.coerce.number().int().min(0).max(65_535).default(9464),
  THROTTLE_DEFAULT_RATE: rate.default({ limit: 100, intervalMs: 10_000 }),
  THROTTLE_MIN_HOLD_MS: milliseconds.default(1000),
  THROTTLE_HORIZON_MS: milliseconds.min(500).max(10_000).default(2000),
  THROTTLE_MAX_PER_WORKFLOW: z.coerce.number().int().min(1).max(100).default(100),
  THROTTLE_STARTER_WIDTH: z.coerce.number().int().min(1).max(64).default(8),
  THROTTLE_BLOCK_MIN_MS: milliseconds.default(WEEK_MS),
  THROTTLE_BLOCK_MAX_MS: milliseconds.default(4 * WEEK_MS),
  THROTTLE_EXPIRY_GUARD_MS: milliseconds.default(300_000),
  OUTBOX_DATABASE_URL: secret.optional(),
  HUBSPOT_ENABLED: z.stringbool().default(true),
  HUBSPOT_SEND_LIVE: z.stringbool().default(false),
  OUTBOX_POLL_INTERVAL_MS: milliseconds.min(10).default(1000),
  OUTBOX_BATCH_SIZE: z.coerce.number().int().min(1).max(100).default(100),
  OUTBOX_MAX_ATTEMPTS: z.coerce.number().int().min(1).max(100).default(10),
  OUTBOX_RATE_PER_SECOND: z.coerce.number().positive().max(1000).optional(),
  OUTBOX_CIRCUIT_FAILURES: z.coerce.number().int().min(2).max(10_000).default(10),
  OUTBOX_CIRCUIT_COOL_DOWN_MS: milliseconds.min(100).default(60_000),
  OUTBOX_RETENTION_DAYS: z.coerce.number().int().min(1).max(3650).default(30),
  OUTBOX_CREATE_PROPERTIES: z.stringbool().default(true),
  OUTBOX_PROPERTY_PREFIX: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,49}$/, 'must be how names of properties begin')
    .default('sluice_'),
  OUTBOX_PROPERTY_GROUP: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,49}$/, 'must be the name of a group of properties')
    .default('sluice'),
  HUBSPOT_APP_EVENTS: words.default([]),
  OUTBOX_REDRIVE_PER_SECOND: z.coerce.number().positive().max(1000).default(50),
  OUTBOX_CONTACT_KEY_PROPERTY: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,99}$/, 'must be the name of a property')
    .optional(),
  BUDGET_SLOTS: z.coerce.number().int().min(1).max(1000).default(110),
  BUDGET_INTERVAL_MS: milliseconds.default(10_000),
  BUDGET_SEARCH_SLOTS: z.coerce.number().int().min(1).max(1000).default(4),
  BUDGET_ASSOCIATION_SLOTS: z.coerce.number().int().min(1).max(1000).default(100),
  BUDGET_OAUTH_SLOTS: z.coerce.number().int().min(1).max(1000).default(4),
  ERROR_SHARE_PERCENT: z.coerce.number().min(0).max(100).default(5),
  REQUEST_LOG_DAYS: z.coerce.number().int().min(1).max(365).default(7),
});

type Environment = z.infer<typeof environmentSchema>;

/** What has a default that is made from another variable. */
type Derived = 'PUBLIC_URL' | 'DATABASE_ADMIN_URL' | 'HUBSPOT_AUTHORIZE_URL' | 'HUBSPOT_REDIRECT_URI';

export type Config = Readonly<
  Omit<Environment, Derived> & { DATABASE_ADMIN_URL: Secret } & Record<
      Exclude<Derived, 'DATABASE_ADMIN_URL'>,
      string
    >
>;

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Parses the environment once. Throws a `ConfigError` that lists every problem, one a line. */
export function loadConfig(env: NodeJS.ProcessEnv = processEnvironment()): Config {
  const config = parseEnvironment(environmentSchema, env);
  if (config.NODE_ENV === 'production') refuseDevelopmentValues(config);
  const publicUrl = config.PUBLIC_URL ?? `http://localhost:${config.PORT}`;
  return Object.freeze({
    ...config,
    PUBLIC_URL: publicUrl,
    DATABASE_ADMIN_URL: config.DATABASE_ADMIN_URL ?? config.DATABASE_URL,
    HUBSPOT_AUTHORIZE_URL: config.HUBSPOT_AUTHORIZE_URL ?? authorizeUrlOf(config.HUBSPOT_API_BASE_URL),
    HUBSPOT_REDIRECT_URI: config.HUBSPOT_REDIRECT_URI ?? publicUrl + CALLBACK_PATH,
  });
}

/** HubSpot's own page is not at its API's address; that of a stand-in is. */
function authorizeUrlOf(apiBaseUrl: string): string {
  return apiBaseUrl === HUBSPOT_API
    ? 'https://app.hubspot.com/oauth/authorize'
    : `${apiBaseUrl}/oauth/authorize`;
}

/** The variables that `schema` names; those that are set to nothing count as not set. */
export function parseEnvironment<T extends z.ZodType>(
  schema: T,
  env: NodeJS.ProcessEnv = processEnvironment(),
): z.infer<T> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => {
    const name = issue.path.join('.');
    return `  ${name}: ${given[name] === undefined ? 'is not set' : issue.message}`;
  });
  throw new ConfigError(
    `The environment is not complete:\n${lines.join('\n')}\nSee .env.example for what each variable means.`,
  );
}

/** What the process was given, and what the file `.env` adds where it exists; the former wins. */
function processEnvironment(): NodeJS.ProcessEnv {
  if (existsSync('.env')) process.loadEnvFile('.env');
  return process.env;
}

function refuseDevelopmentValues(config: Environment): void {
  const problems: string[] = [];
  if (!config.PUBLIC_URL?.startsWith('https://'))
    problems.push('PUBLIC_URL must be the https origin that HubSpot calls');
  if (config.HUBSPOT_REDIRECT_URI && !config.HUBSPOT_REDIRECT_URI.startsWith('https://'))
    problems.push('HUBSPOT_REDIRECT_URI must be https: HubSpot sends codes there');
  if (config.ENCRYPTION_KEYS.some((entry) => entry.id.startsWith('dev'))) {
    problems.push(
      'ENCRYPTION_KEYS holds a development key (id dev…): make one with `openssl rand -base64 32`',
    );
  }
  if (config.HUBSPOT_CLIENT_SECRET.some((one) => one.reveal().length < 16)) {
    problems.push('HUBSPOT_CLIENT_SECRET is shorter than any that HubSpot issues');
  }
  if (problems.length > 0)
    throw new ConfigError(`Refusing to start in production:\n  ${problems.join('\n  ')}`);
}
