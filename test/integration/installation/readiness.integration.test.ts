import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { encodingCheck, rolesCheck, writeCheck } from '../../../src/db/checks.js';
import { sendingCheck, whyNobodyToSendTo } from '../../../src/db/portals/sendingCheck.js';
import { inboxCheck } from '../../../src/db/outbox/inboxCheck.js';
import { createPool } from '../../../src/db/pool.js';
import { createLogger } from '../../../src/platform/logger.js';
import { Secret } from '../../../src/platform/secret.js';
import { makeSearchAttributes } from '../../../src/cli/installation/searchAttributes.js';
import { CHECKS } from '../../../src/services/checks.js';
import {
  namespaceCheck,
  reconcilerCheck,
  searchAttributesCheck,
  taskQueuesCheck,
} from '../../../src/temporal/checks.js';
import { connectTemporal, type TemporalConnection } from '../../../src/temporal/connection.js';
import { ensureReconciler, RECONCILER_SCHEDULE_ID } from '../../../src/temporal/reconciler.js';
import { queueName, TASK_QUEUES } from '../../../src/temporal/taskQueues.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { givenTemporalAddress } from '../../support/servers.js';
import { seedLane } from '../../support/throttle.js';
import { until } from '../../support/until.js';

describe('a namespace', () => {
  const namespace = `bare-${randomBytes(6).toString('hex')}`;
  const config = {
    TEMPORAL_ADDRESS: givenTemporalAddress(),
    TEMPORAL_NAMESPACE: namespace,
    TEMPORAL_API_KEY: undefined,
    TEMPORAL_TLS: false,
    TEMPORAL_TASK_QUEUE: 'sluice',
  };
  let temporal: TemporalConnection;
  let connection: Connection;
  const messageOf = (check: () => Promise<void>) =>
    check().then(
      () => 'well',
      (error: Error) => `${error.name}: ${error.message}`,
    );

  beforeAll(async () => {
    temporal = connectTemporal(config);
    connection = await Connection.connect({ address: config.TEMPORAL_ADDRESS });
  });
  afterAll(async () => {
    await temporal.close();
    await connection.close();
  });

  it('that is not there is named', async () => {
    expect(await messageOf(namespaceCheck(temporal, config))).toBe(
      `Unable: Temporal has no namespace "${namespace}"`,
    );
    expect(await makeSearchAttributes(config)).toContain('temporal operator namespace create');
  });

  it('without our search attributes is named with what it lacks; the set-up makes them', async () => {
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: msToTs('1 day'),
    });
    const lacks = searchAttributesCheck(temporal, config);
    await until('Temporal knows it', async () => (await messageOf(lacks)).startsWith('Unable'), 30_000);
    expect(await messageOf(lacks)).toMatch(
      /^Unable: The namespace "bare-\w+" lacks search attributes of the type Keyword: PortalId, Lane, CallbackId, ExecutionState$/,
    );
    await until(
      'they are made',
      async () => /^Made the search attributes PortalId/.test((await makeSearchAttributes(config)) ?? ''),
      30_000,
    );
    await until('they are there', async () => (await messageOf(lacks)) === 'well', 30_000);
    expect(await makeSearchAttributes(config)).toBeUndefined();
  }, 90_000);

  it('whose queues no worker asks is named with them', async () => {
    expect(await messageOf(taskQueuesCheck(temporal, config))).toBe(
      `Unable: No worker asks for tasks of ${TASK_QUEUES.map((queue) => queueName('sluice', queue)).join(', ')}`,
    );
  });

  it('whose schedule is missing or paused is named, with the words of who paused it; a worker makes a missing one', async () => {
    const look = reconcilerCheck(temporal);
    expect(await messageOf(look)).toContain('Unable: There is no schedule sluice-relay');
    const make = () => ensureReconciler(temporal, 60_000);
    expect(await messageOf(reconcilerCheck(temporal, make))).toBe('well');
    expect(await messageOf(look)).toBe('well');
    const schedule = new Client({ connection, namespace }).schedule.getHandle(RECONCILER_SCHEDULE_ID);
    await schedule.pause('while we look at something');
    expect(await messageOf(reconcilerCheck(temporal, make))).toBe(
      'Unable: The schedule sluice-relay is paused ("while we look at something"): what a process that died has left is not taken up',
    );
    await schedule.unpause();
    expect(await messageOf(look)).toBe('well');
  });

  it('of a server that does not answer is not known: nothing is refused for it', async () => {
    const away = connectTemporal({ ...config, TEMPORAL_ADDRESS: '127.0.0.1:1' });
    try {
      expect(await messageOf(namespaceCheck(away, config))).not.toContain('Unable');
      expect(await makeSearchAttributes({ ...config, TEMPORAL_ADDRESS: '127.0.0.1:1' })).toContain(
        'Run this again when it answers',
      );
    } finally {
      await away.close();
    }
  }, 30_000);
});

describe('a database', () => {
  let db: TestDatabase;
  const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');
  beforeEach(async () => {
    db = await createTestDatabase();
  });
  afterEach(() => db.drop());

  it('that takes no row is found by a row, which leaves nothing behind', async () => {
    await writeCheck(db.pool)();
    expect((await db.admin.query('SELECT FROM outbox_keys')).rowCount).toBe(0);
    await db.admin.query(`ALTER DATABASE ${db.name} SET default_transaction_read_only = on`);
    const config = { DATABASE_URL: db.url, DATABASE_POOL_SIZE: 2 };
    const pool = createPool(config, { applicationName: 'test', logger });
    try {
      await expect(writeCheck(pool)()).rejects.toMatchObject({
        message: 'The database does not take a row',
        cause: { message: 'cannot execute INSERT in a read-only transaction' },
      });
    } finally {
      await pool.end();
    }
  });

  it('that cannot keep every text is named', async () => {
    await encodingCheck(db.pool)();
    const name = `${db.name}_ascii`;
    await db.admin.query(
      `CREATE DATABASE ${name} ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`,
    );
    const url = new URL(db.adminUrl.reveal());
    url.pathname = `/${name}`;
    const config = { DATABASE_URL: new Secret(url.href), DATABASE_POOL_SIZE: 2 };
    const pool = createPool(config, { applicationName: 'test', logger });
    try {
      await expect(encodingCheck(pool)()).rejects.toThrow(
        'The encoding of the database is SQL_ASCII, and not UTF8',
      );
    } finally {
      await pool.end();
      await db.admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
    }
  });

  it('whose login has not the rights is named', async () => {
    await rolesCheck(db.pool)();
    const login = `bare_${db.name.slice(-8)}`;
    await db.admin.query(`CREATE ROLE ${login} LOGIN PASSWORD 'bare'`);
    await db.admin.query(`GRANT CONNECT ON DATABASE ${db.name} TO ${login}`);
    const url = new URL(db.url.reveal());
    url.username = login;
    url.password = 'bare';
    const config = { DATABASE_URL: new Secret(url.href), DATABASE_POOL_SIZE: 2 };
    const pool = createPool(config, { applicationName: 'test', logger });
    try {
      await expect(rolesCheck(pool)()).rejects.toThrow('is no member of sluice_app');
      await expect(inboxCheck(pool)()).rejects.toThrow('may not read and remove events');
    } finally {
      await pool.end();
      await db.admin.query(`REVOKE CONNECT ON DATABASE ${db.name} FROM ${login}; DROP ROLE ${login}`);
    }
  });

  it('with nobody to send to is named while sending is live, and only then', async () => {
    const live = {
      ...{ HUBSPOT_ENABLED: true, HUBSPOT_SEND_LIVE: true },
      ...{ HUBSPOT_PORTAL_ID: undefined, HUBSPOT_PRIVATE_APP_TOKEN: undefined },
    };
    await expect(sendingCheck(db.pool, live)()).rejects.toThrow('no portal is connected');
    expect(await whyNobodyToSendTo(db.pool, live)).toBe('and no portal is connected');
    await sendingCheck(db.pool, { ...live, HUBSPOT_SEND_LIVE: false })();
    await seedLane(db.admin, { portalId: 77, limit: 1, intervalMs: 1000 });
    await sendingCheck(db.pool, live)();
    await db.admin.query(`UPDATE portals SET state = 'reauth_required'`);
    await expect(sendingCheck(db.pool, live)()).rejects.toThrow('every portal needs a new authorisation');
    expect(await whyNobodyToSendTo(db.pool, live)).toBeUndefined();
    const own = { ...live, HUBSPOT_PORTAL_ID: 77 };
    await db.admin.query(`UPDATE portals SET state = 'active', auth = 'private_app', access_token = NULL`);
    await expect(sendingCheck(db.pool, own)()).rejects.toThrow('HUBSPOT_PRIVATE_APP_TOKEN is not set');
    expect(await whyNobodyToSendTo(db.pool, own)).toContain('HUBSPOT_PRIVATE_APP_TOKEN is not set');
    await seedLane(db.admin, { portalId: 78, limit: 1, intervalMs: 1000 });
    expect(await whyNobodyToSendTo(db.pool, own)).toBeUndefined();
    await sendingCheck(db.pool, { ...own, HUBSPOT_PRIVATE_APP_TOKEN: new Secret('x') })();
  });
});

it('every check says what is so when all is well, and what to do when it is not', () => {
  for (const { what, mend } of Object.values(CHECKS)) {
    expect(what).toMatch(/^[A-Z].{5,100}$/);
    expect(mend).toMatch(/^[A-Z].{5,}[^.]$/);
  }
});
