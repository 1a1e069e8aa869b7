import { existsSync } from 'node:fs';
import { domainToUnicode } from 'node:url';
import { z } from 'zod';
import { inPlainWords } from '../../domain/plainWords.js';
import type { Secret } from '../secret.js';
import { databaseSchema } from './database.js';
import { definitionsSchema } from './definitions.js';
import { HUBSPOT_API, hubspotSchema } from './hubspot.js';
import { oldSettings } from './oldSettings.js';
import { outboxSchema } from './outbox.js';
import { registerSchema } from './register.js';
import { syncSchema } from './sync.js';
import { CALLBACK_PATH, portalsSchema } from './portals.js';
import { secretsSchema, withSingleKey } from './secrets.js';
import { serviceSchema } from './service.js';
import { temporalSchema } from './temporal.js';
import { throttleSchema } from './throttle.js';
import { secret } from './values.js';
import { webhooksSchema } from './webhooks.js';

/**
 * The environment, one entry per variable; a room's variables stand in its file. `.env.example` is tested against it;
 * every other file gets the parsed object passed in. Units stand in the names.
 */
export const environmentSchema = z.object({
  ...serviceSchema,
  ...definitionsSchema,
  ...databaseSchema,
  ...temporalSchema,
  ...hubspotSchema,
  ...secretsSchema,
  ...portalsSchema,
  ...throttleSchema,
  ...outboxSchema,
  ...registerSchema,
  ...syncSchema,
  ...webhooksSchema,
});

type Environment = z.infer<typeof environmentSchema>;

/** What has a default that is made from another variable. */
type Derived = 'PUBLIC_URL' | 'DATABASE_ADMIN_URL' | 'HUBSPOT_AUTHORIZE_URL' | 'HUBSPOT_REDIRECT_URI';

export type Config = Readonly<
  Omit<Environment, Derived> & { DATABASE_ADMIN_URL: Secret } & Record<
      Exclude<Derived, 'DATABASE_ADMIN_URL'>,
      string
    > & {
      /** The forms in which HubSpot may have PUBLIC_URL: it signs what was entered there. */
      readonly PUBLIC_URL_FORMS: readonly string[];
    }
>;

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Parses the environment once. Throws a `ConfigError` that lists every problem, one a line. `others`: what stands in
 * for variables that are not set.
 */
export function loadConfig(
  env: NodeJS.ProcessEnv = processEnvironment(),
  others: Readonly<Record<string, string>> = {},
): Config {
  const config = parseEnvironment(environmentSchema, env, others);
  if (config.NODE_ENV === 'production') refuseDevelopmentValues(config);
  const publicUrl = config.PUBLIC_URL ?? `http://localhost:${config.PORT}`;
  return Object.freeze({
    ...config,
    PUBLIC_URL: publicUrl,
    PUBLIC_URL_FORMS: formsOf(
      publicUrl,
      config.PUBLIC_URL === undefined ? publicUrl : (env['PUBLIC_URL'] ?? others['PUBLIC_URL'] ?? ''),
    ),
    DATABASE_ADMIN_URL: config.DATABASE_ADMIN_URL ?? config.DATABASE_URL,
    HUBSPOT_AUTHORIZE_URL: config.HUBSPOT_AUTHORIZE_URL ?? authorizeUrlOf(config.HUBSPOT_API_BASE_URL),
    HUBSPOT_REDIRECT_URI: config.HUBSPOT_REDIRECT_URI ?? publicUrl + CALLBACK_PATH,
  });
}

/** The worker's: it logs in to the database as itself, where it has a login of its own. */
export function loadWorkerConfig(env?: NodeJS.ProcessEnv): Config {
  const config = loadConfig(env);
  return Object.freeze({ ...config, DATABASE_URL: config.DATABASE_WORKER_URL ?? config.DATABASE_URL });
}

/** Variables that are no settings of Sluice: secrets, for those who define something of their own. */
export function readVariables(
  names: readonly string[],
  env?: NodeJS.ProcessEnv,
): Readonly<Record<string, Secret | undefined>> {
  return parseEnvironment(z.object(Object.fromEntries(names.map((name) => [name, secret.optional()]))), env);
}

/** What is set and means something else here, or nothing: a line for each, to be said once at start. */
export function formerSettings(): string[] {
  return oldSettings(processEnvironment());
}

/**
 * Its origin as URLs have it, as it was written here, and with the letters of other alphabets: HubSpot signs the one of
 * them that was entered there.
 */
function formsOf(origin: string, written: string): string[] {
  const { protocol, hostname, port } = new URL(origin);
  const inLetters = `${protocol}//${domainToUnicode(hostname) || hostname}${port && `:${port}`}`;
  return [...new Set([origin, withoutSlash(written.trim()), inLetters])];
}

function withoutSlash(text: string): string {
  return text.endsWith('/') ? text.slice(0, -1) : text;
}

/** HubSpot's own page is not at its API's address; that of a stand-in is. */
function authorizeUrlOf(apiBaseUrl: string): string {
  return apiBaseUrl === HUBSPOT_API
    ? 'https://app.hubspot.com/oauth/authorize'
    : `${apiBaseUrl}/oauth/authorize`;
}

/**
 * The variables that `schema` names; those that are set to nothing count as not set. `others`: what stands in for those
 * that are not.
 */
export function parseEnvironment<T extends z.ZodType>(
  schema: T,
  env: NodeJS.ProcessEnv = processEnvironment(),
  others: Readonly<Record<string, string>> = {},
): z.infer<T> {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const given = withSingleKey({ ...others, ...set });
  const parsed = schema.safeParse(given, { error: inPlainWords });
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => {
    const name = issue.path.join('.');
    return `  ${name}: ${given[name] === undefined ? 'is not set' : issue.message}`;
  });
  const isIncomplete = parsed.error.issues.every((issue) => given[issue.path.join('.')] === undefined);
  const old = oldSettings(env).map((line) => `  ${line}\n`);
  throw new ConfigError(
    `The environment ${isIncomplete ? 'is not complete' : 'cannot be used'}:\n${lines.join('\n')}\n${old.join('')}See .env.example for what each variable means.`,
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
  if (!config.HUBSPOT_API_BASE_URL.startsWith('https://'))
    problems.push('HUBSPOT_API_BASE_URL must be https: tokens go there');
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
  if (config.CRASH_POINT) problems.push('CRASH_POINT kills the process: it is for tests');
  if (problems.length > 0)
    throw new ConfigError(`Refusing to start in production:\n  ${problems.join('\n  ')}`);
}
