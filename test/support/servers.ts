import { randomBytes } from 'node:crypto';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import pg from 'pg';
import { startServices, type Services } from '../../scripts/lib/services.mjs';
import { migrate } from '../../src/db/migrate.js';
import { Secret } from '../../src/platform/secret.js';
import { until } from './until.js';

export interface ServerOptions {
  /** A superuser's URL of a running Postgres. Without it and TEST_DATABASE_ADMIN_URL, one is started. */
  readonly databaseAdminUrl?: string;
  readonly temporalAddress?: string;
  /** Starts new servers even where the environment names some: for tests that kill them, or need fsync. */
  readonly own?: boolean;
  /** fsync of the Postgres that is started; on by default. */
  readonly durable?: boolean;
  readonly postgresSettings?: Readonly<Record<string, string>>;
}

export interface Servers {
  readonly databaseAdminUrl: string;
  readonly temporalAddress: string;
  /** The servers that were started here; undefined when both were given. */
  readonly own: Services | undefined;
}

/** Postgres and Temporal: those that are given, else new ones in `dir`. */
export async function provideServers(dir: string, options: ServerOptions): Promise<Servers> {
  const given = (value: string | undefined, name: string) =>
    value ?? (options.own ? undefined : process.env[name] || undefined);
  const databaseAdminUrl = given(options.databaseAdminUrl, 'TEST_DATABASE_ADMIN_URL');
  const temporalAddress = given(options.temporalAddress, 'TEST_TEMPORAL_ADDRESS');
  if (databaseAdminUrl !== undefined && temporalAddress !== undefined) {
    return { databaseAdminUrl, temporalAddress, own: undefined };
  }
  const own = await startServices({
    dir,
    durable: options.durable ?? true,
    settings: { ...options.postgresSettings },
    postgres: databaseAdminUrl === undefined && {},
    temporal: temporalAddress === undefined && {},
  });
  return {
    databaseAdminUrl: databaseAdminUrl ?? named(own.env.DATABASE_ADMIN_URL, 'Postgres'),
    temporalAddress: temporalAddress ?? named(own.env.TEMPORAL_ADDRESS, 'Temporal'),
    own,
  };
}

function named(address: string | undefined, what: string): string {
  if (address === undefined) throw new Error(`${what} was started and has no address`);
  return address;
}

/** The login of a stack's processes: a member of the application's role and nothing more. */
const LOGIN = 'sluice_stack';

export interface StackDatabase {
  readonly name: string;
  readonly url: string;
  readonly adminUrl: string;
  drop(): Promise<void>;
}

/** An empty, migrated database of its own. */
export async function createDatabase(serverUrl: string): Promise<StackDatabase> {
  const name = `sluice_stack_${randomBytes(6).toString('hex')}`;
  await onServer(serverUrl, async (client) => {
    await client.query(`CREATE DATABASE ${name}`);
    await client.query(`DO $$ BEGIN
      CREATE ROLE ${LOGIN} LOGIN PASSWORD '${LOGIN}' NOSUPERUSER NOBYPASSRLS;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END $$`);
  });
  const admin = new URL(serverUrl);
  admin.pathname = `/${name}`;
  const app = new URL(admin);
  app.username = LOGIN;
  app.password = LOGIN;
  await migrate({ adminUrl: new Secret(admin.href), appUrl: new Secret(app.href) });
  return {
    name,
    url: app.href,
    adminUrl: admin.href,
    drop: () => onServer(serverUrl, (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)),
  };
}

async function onServer(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

const KEYWORD = 2; // temporal.api.enums.v1.IndexedValueType
const SEARCH_ATTRIBUTES = ['PortalId', 'Lane', 'CallbackId', 'ExecutionState'];

/** Where the Temporal server of this run of the tests is. */
export function givenTemporalAddress(): string {
  const address = process.env.TEST_TEMPORAL_ADDRESS;
  if (address) return address;
  throw new Error('TEST_TEMPORAL_ADDRESS is not set: run the tests with `npm test`, which starts Temporal');
}

/** A namespace of its own, with our search attributes: the reconciler's schedule has one id per namespace. */
export async function createNamespace(address: string): Promise<string> {
  const namespace = `stack-${randomBytes(6).toString('hex')}`;
  const connection = await Connection.connect({ address });
  try {
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: msToTs('1 day'),
    });
    // It takes a moment until the server's caches have the namespace.
    await until(
      `Temporal knows the namespace ${namespace}`,
      async () => {
        const searchAttributes = Object.fromEntries(SEARCH_ATTRIBUTES.map((name) => [name, KEYWORD]));
        await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
        return true;
      },
      30_000,
    );
    await until(
      `the namespace ${namespace} can be used`,
      async () => {
        const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
        await connection.workflowService.listWorkflowExecutions({ namespace, query: `Lane = 'none'` });
        return SEARCH_ATTRIBUTES.every((name) => name in (customAttributes ?? {}));
      },
      30_000,
    );
  } finally {
    await connection.close();
  }
  return namespace;
}
