import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import path from 'node:path';
import { loadConfig } from '../src/platform/config/config.js';
import { createDataKeys } from '../src/db/secrets/dataKeys.js';
import { accessTokenContext, refreshTokenContext } from '../src/secrets/encryptionContext.js';
import { ensureDefaultWorkspace } from '../src/db/workspaces/workspaces.js';
import { createSealing } from '../src/secrets/sealing.js';
import type { Benchmark } from './lib/benchmark.js';
import { startBenchDatabase } from './lib/database.js';
import { figure, table } from './lib/table.js';
import { startTokenProvider } from './lib/tokenProvider.js';

const PORTALS = 1000;
const CALLERS = 20;
const PROCESSES = 4;
const ANSWERED_MS = { least: 200, most: 12_000 };

/**
 * The tokens of all portals have expired, and everybody wants one at once. The common design does the same beside it,
 * after ours.
 */
const refresh: Benchmark = {
  name: 'refresh',
  title: `${PORTALS} portals × ${CALLERS} callers at expiry, in ${PROCESSES} processes, against a 10-s lock with unconditional release`,
  runs: 5,

  async run({ runs, quick, say }) {
    const database = await startBenchDatabase();
    const provider = await startTokenProvider(ANSWERED_MS);
    const env = {
      NODE_ENV: 'test',
      DATABASE_URL: database.url,
      HUBSPOT_API_BASE_URL: provider.url,
      HUBSPOT_APP_ID: '1',
      HUBSPOT_CLIENT_ID: 'bench',
      HUBSPOT_CLIENT_SECRET: 'bench-client-secret',
      ENCRYPTION_KEYS: `bench:${randomBytes(32).toString('base64')}`,
    };
    const portals = Array.from({ length: quick ? 100 : PORTALS }, (_, n) => n + 1);
    const children: ChildProcess[] = [];
    const start = async (script: string, args: string[] = []) => {
      const started = Array.from({ length: PROCESSES }, () =>
        fork(path.join(import.meta.dirname, 'lib', script), args, {
          execArgv: ['--import', 'tsx'],
          env: { ...process.env, ...env },
        }),
      );
      children.push(...started);
      await Promise.all(started.map((child) => once(child, 'message')));
      return started;
    };
    const rows: Row[] = [];
    try {
      const workspaceId = await ensureDefaultWorkspace(database.admin);
      const sealing = createSealing(loadConfig(env).ENCRYPTION_KEYS, createDataKeys(database.pool(4)));
      for (const portalId of portals) {
        const sealed = await sealing.seal(`refresh-${portalId}`, refreshTokenContext(workspaceId, portalId));
        const access = await sealing.seal(`access-${portalId}`, accessTokenContext(workspaceId, portalId));
        await database.admin.query(
          `INSERT INTO portals (portal_id, workspace_id, auth, access_token, refresh_token, token_expires_at)
           VALUES ($1, $2, 'oauth', $3, $4, clock_timestamp() - interval '1 minute')`,
          [portalId, workspaceId, access, sealed],
        );
      }
      await database.admin.query(`
        CREATE TABLE peer_tokens (portal_id bigint PRIMARY KEY, expires_at timestamptz NOT NULL);
        CREATE TABLE peer_locks (portal_id bigint PRIMARY KEY, expires_at timestamptz NOT NULL);
        GRANT ALL ON peer_tokens, peer_locks TO sluice_app`);
      for (let n = 0; n < runs; n += 1) {
        await database.admin.query(
          `UPDATE portals SET token_expires_at = clock_timestamp() - interval '1 minute'`,
        );
        const ours = await storm(await start('refreshProcess.ts'));
        await database.admin.query(
          `TRUNCATE peer_locks, peer_tokens; INSERT INTO peer_tokens SELECT portal_id, clock_timestamp() - interval '1 minute' FROM portals`,
        );
        const peer = await storm(await start('ttlLockProcess.ts', [database.url, provider.url]));
        rows.push({ ours, peer });
      }
    } finally {
      for (const child of children) child.kill('SIGKILL');
      provider.stop();
      await database.stop();
    }
    say(
      table(
        ['run', 'calls', 'of portals', 'served', 'took', 'the 10-s lock: calls', 'duplicates'],
        rows.map(({ ours, peer }, n) => [
          String(n + 1),
          String(ours.calls),
          String(ours.portals),
          String(ours.served),
          figure(ours.ms / 1000, ' s'),
          String(peer.calls),
          String(peer.calls - peer.portals),
        ]),
      ),
    );
    return [
      {
        what: `refresh calls for ${portals.length} portals`,
        values: rows.map(({ ours }) => ours.calls),
        atLeast: portals.length,
        atMost: portals.length,
        by: 'worst',
      },
      {
        what: 'callers without a token',
        values: rows.map(({ ours }) => ours.failed),
        atMost: 0,
        by: 'worst',
      },
      {
        what: 'calls of the 10-s lock ÷ ours',
        values: rows.map(({ ours, peer }) => peer.calls / ours.calls),
        atLeast: 1,
        unit: '×',
      },
    ];

    async function storm(processes: readonly ChildProcess[]): Promise<Storm> {
      provider.reset();
      const answers = await Promise.all(
        processes.map(async (child) => {
          child.send({ portals, callers: CALLERS / PROCESSES });
          const [answer] = (await once(child, 'message')) as [Answer];
          if (answer.reason !== undefined) say(answer.reason);
          return answer;
        }),
      );
      for (const child of processes) child.kill('SIGKILL');
      return {
        calls: [...provider.calls.values()].reduce((sum, one) => sum + one, 0),
        portals: provider.calls.size,
        served: answers.reduce((sum, { served }) => sum + served, 0),
        failed: answers.reduce((sum, { failed }) => sum + failed, 0),
        ms: Math.max(...answers.map(({ ms }) => ms)),
      };
    }
  },
};

interface Answer {
  readonly served: number;
  readonly failed: number;
  readonly ms: number;
  readonly reason?: string;
}

interface Storm {
  readonly calls: number;
  readonly portals: number;
  readonly served: number;
  readonly failed: number;
  readonly ms: number;
}

interface Row {
  readonly ours: Storm;
  readonly peer: Storm;
}

export default refresh;
