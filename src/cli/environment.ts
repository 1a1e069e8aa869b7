import { z } from 'zod';
import {
  ConfigError,
  environmentSchema,
  loadConfig,
  parseEnvironment,
  type Config,
} from '../platform/config/config.js';
import { isApiKey } from '../domain/workspaces/apiKeyForm.js';
import { databaseUrl, secret } from '../platform/config/values.js';
import { Secret } from '../platform/secret.js';

/*
 * What the command line reads from its environment. Apart from config.ts, since commands run where the service does
 * not: without HubSpot's secrets, and often without the database.
 */

const apiKey = z
  .string()
  .refine(isApiKey, 'is not an API key (slc_<env>_<43 characters>)')
  .transform((key) => new Secret(key));

/** `migrate` and `setup`: the database and nothing else. */
const databaseSchema = environmentSchema
  .pick({
    NODE_ENV: true,
    DATABASE_URL: true,
    DATABASE_WORKER_URL: true,
    DATABASE_ADMIN_URL: true,
    DATABASE_POOL_SIZE: true,
    HUBSPOT_PORTAL_ID: true,
  })
  .extend({ SLUICE_API_KEY: apiKey.optional() });

/** `sluice encryption-keys`: the database as its owner, and the keys that seal what is in it. */
const operatorSchema = environmentSchema.pick({
  DATABASE_URL: true,
  DATABASE_ADMIN_URL: true,
  ENCRYPTION_KEYS: true,
});

/** `fetch` takes no address with one, and an error would show it. */
export function hasNoLogin(url: string): boolean {
  if (!URL.canParse(url)) return true;
  const { username, password } = new URL(url);
  return username === '' && password === '';
}

/** `sluice`: the API, and for `replay` Temporal. */
const clientSchema = environmentSchema
  .pick({ TEMPORAL_NAMESPACE: true, TEMPORAL_API_KEY: true, TEMPORAL_TLS: true })
  .extend({
    SLUICE_API_URL: z
      .url()
      .refine(hasNoLogin, 'holds a name or a password: the API asks for a key alone')
      .optional(),
    SLUICE_API_KEY: apiKey.optional(),
    SLUICE_CONTEXT: z.string().optional(),
    TEMPORAL_ADDRESS: z.string().optional(),
    XDG_STATE_HOME: z.string().optional(),
  });

/** What `setup` looks for at Temporal. */
const temporalSchema = environmentSchema.pick({
  TEMPORAL_ADDRESS: true,
  TEMPORAL_NAMESPACE: true,
  TEMPORAL_API_KEY: true,
  TEMPORAL_TLS: true,
  TEMPORAL_TASK_QUEUE: true,
});

export type DatabaseEnvironment = z.infer<typeof databaseSchema> & { DATABASE_ADMIN_URL: Secret };
export type ClientEnvironment = z.infer<typeof clientSchema>;

export type OperatorEnvironment = Pick<Config, 'DATABASE_ADMIN_URL' | 'ENCRYPTION_KEYS'>;

/** Whether a database is named at all, in the environment or in `.env`. */
export function namesDatabase(env?: NodeJS.ProcessEnv): boolean {
  const schema = environmentSchema.pick({ DATABASE_URL: true, DATABASE_ADMIN_URL: true }).partial();
  const { DATABASE_URL: url, DATABASE_ADMIN_URL: adminUrl } = parseEnvironment(schema, env);
  return url !== undefined || adminUrl !== undefined;
}

type Noted = Readonly<Record<string, string>>;

/** `noted`: what stands in for an environment that names no database (`npm start` notes what it has started). */
export function databaseEnvironment(env?: NodeJS.ProcessEnv, noted?: Noted): DatabaseEnvironment {
  const parsed = parseEnvironment(databaseSchema, env, standIns(env, noted));
  return { ...parsed, DATABASE_ADMIN_URL: parsed.DATABASE_ADMIN_URL ?? parsed.DATABASE_URL };
}

export function operatorEnvironment(env?: NodeJS.ProcessEnv, noted?: Noted): OperatorEnvironment {
  const parsed = parseEnvironment(operatorSchema, env, standIns(env, noted));
  return { ...parsed, DATABASE_ADMIN_URL: parsed.DATABASE_ADMIN_URL ?? parsed.DATABASE_URL };
}

/** `sluice doctor`: all that API and worker are given. */
export function serviceEnvironment(env?: NodeJS.ProcessEnv, noted?: Noted): Config {
  return loadConfig(env, standIns(env, noted));
}

/** Never half of one and half of the other: a database with another one's owner. */
function standIns(env: NodeJS.ProcessEnv | undefined, noted: Noted = {}): Noted {
  return namesDatabase(env) ? {} : noted;
}

export function clientEnvironment(env?: NodeJS.ProcessEnv): ClientEnvironment {
  return parseEnvironment(clientSchema, env);
}

export function temporalEnvironment(env?: NodeJS.ProcessEnv): z.infer<typeof temporalSchema> {
  return parseEnvironment(temporalSchema, env);
}

const personSchema = z.object({
  XDG_CONFIG_HOME: z.string().optional(),
  HOME: z.string().optional(),
  APPDATA: z.string().optional(),
});
export type PersonEnvironment = z.infer<typeof personSchema>;

/** Where a person's own settings lie. */
export function personEnvironment(env?: NodeJS.ProcessEnv): PersonEnvironment {
  return parseEnvironment(personSchema, env);
}

/** Where a command is to die, for tests; production refuses it. */
export function crashPointEnvironment(env?: NodeJS.ProcessEnv): Config['CRASH_POINT'] {
  const parsed = parseEnvironment(environmentSchema.pick({ NODE_ENV: true, CRASH_POINT: true }), env);
  if (parsed.NODE_ENV === 'production' && parsed.CRASH_POINT)
    throw new ConfigError('CRASH_POINT kills the process: it is for tests');
  return parsed.CRASH_POINT;
}

/** Where what users define is, where it is not in the folder of the command. */
export function definitionsEnvironment(env?: NodeJS.ProcessEnv): Pick<Config, 'SLUICE_CONFIG'> {
  return parseEnvironment(environmentSchema.pick({ SLUICE_CONFIG: true }), env);
}

/** `sluice import outbox`: the database of an earlier service. It is no setting of the service itself. */
export function importEnvironment(env?: NodeJS.ProcessEnv): { IMPORT_DATABASE_URL?: Secret | undefined } {
  return parseEnvironment(z.object({ IMPORT_DATABASE_URL: databaseUrl.optional() }), env);
}

/** `sluice webhooks subscriptions`: the app at HubSpot. The key is no setting of the service, which never has it. */
const subscriptionsSchema = environmentSchema
  .pick({
    ...{ HUBSPOT_APP_ID: true, HUBSPOT_API_BASE_URL: true },
    ...{ HUBSPOT_API_VERSION: true, HUBSPOT_API_VERSIONS: true },
  })
  .extend({ HUBSPOT_DEVELOPER_API_KEY: secret.optional() });
export type AppEnvironment = z.infer<typeof subscriptionsSchema>;

/** Never half of one app and half of another: what `npm start` notes stands in where no app is named. */
export function appEnvironment(env?: NodeJS.ProcessEnv, noted: Noted = {}): AppEnvironment {
  const { HUBSPOT_APP_ID } = parseEnvironment(
    subscriptionsSchema.pick({ HUBSPOT_APP_ID: true }).partial(),
    env,
  );
  return parseEnvironment(subscriptionsSchema, env, HUBSPOT_APP_ID === undefined ? noted : {});
}

/** `sluice outbox install`: the application's database. */
export function outboxEnvironment(env?: NodeJS.ProcessEnv): Pick<Config, 'OUTBOX_DATABASE_URL'> {
  return parseEnvironment(environmentSchema.pick({ OUTBOX_DATABASE_URL: true }), env);
}

const developerSchema = subscriptionsSchema.extend({
  ...environmentSchema.pick({ PORT: true, PUBLIC_URL: true }).shape,
  HUBSPOT_APP_ID: environmentSchema.shape.HUBSPOT_APP_ID.optional(),
  HUBSPOT_DEVELOPER_TOKEN: secret.optional(),
});
/** `sluice actions test`: what it takes to call as HubSpot does. */
const callerSchema = environmentSchema.pick({ PORT: true, PUBLIC_URL: true, HUBSPOT_CLIENT_SECRET: true });
export type CallerEnvironment = Pick<Config, 'PUBLIC_URL' | 'HUBSPOT_CLIENT_SECRET'>;

/** `noted` stands in where no secret of an app is named: never half of one and half of the other. */
export function callerEnvironment(env?: NodeJS.ProcessEnv, noted: Noted = {}): CallerEnvironment {
  const { HUBSPOT_CLIENT_SECRET: named } = parseEnvironment(callerSchema.partial(), env);
  const { PORT, PUBLIC_URL, HUBSPOT_CLIENT_SECRET } = parseEnvironment(callerSchema, env, named ? {} : noted);
  return { PUBLIC_URL: PUBLIC_URL ?? `http://localhost:${PORT}`, HUBSPOT_CLIENT_SECRET };
}

export type DeveloperEnvironment = z.infer<typeof developerSchema>;

/**
 * `sluice actions`: the app as its developer has it at HubSpot. The service needs neither key nor token of that kind.
 * `noted` stands in for an environment that names no app and no HubSpot: never half of one and half of the other.
 */
export function developerEnvironment(env?: NodeJS.ProcessEnv, noted: Noted = {}): DeveloperEnvironment {
  const named = parseEnvironment(
    z.object({ HUBSPOT_APP_ID: z.string().optional(), HUBSPOT_API_BASE_URL: z.string().optional() }),
    env,
  );
  const namesNone = named.HUBSPOT_APP_ID === undefined && named.HUBSPOT_API_BASE_URL === undefined;
  return parseEnvironment(developerSchema, env, namesNone ? noted : {});
}
