import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { runCli } from '../../../src/cli/program.js';
import { seedLane, WORKSPACE } from '../../support/throttle.js';
import { startApi, type ApiHarness } from '../http/harness.js';
import { take } from '../http/seed.js';

let harness: ApiHarness;
let key: string;
beforeAll(async () => {
  harness = await startApi();
  key = await harness.key();
});
afterAll(() => harness.close());
beforeEach(() => harness.database.admin.query('TRUNCATE portals, lanes, executions CASCADE'));

async function sluice(args: string, url = harness.url) {
  const seen = { out: '', err: '' };
  const code = await runCli(args.split(' '), {
    out: (text) => void (seen.out += text),
    err: (text) => void (seen.err += text),
    env: { SLUICE_API_URL: url, SLUICE_API_KEY: key },
    cwd: '/',
  });
  return { code, ...seen };
}

const pausedLane = async () => {
  const laneId = await seedLane(harness.database.admin, { limit: 10, intervalMs: 1000 });
  await take(harness.database.pool, laneId, 3);
  await harness.database.admin.query(
    `UPDATE lanes SET paused_at = now() - interval '5 minutes', pause_reason = $1`,
    [
      'the partner is down, and somebody there has said that it will take until the day after tomorrow at least',
    ],
  );
  return laneId;
};

describe('sluice status', () => {
  it('says that all is well, with what flows, and exits with 0', async () => {
    const laneId = await seedLane(harness.database.admin, { limit: 10, intervalMs: 1000 });
    await take(harness.database.pool, laneId, 3);
    const { code, out } = await sluice('status');
    expect(out).toContain(`${harness.url} is ready. All is well.`);
    expect(out).toMatch(/^throttle +3 +0 +0 /m);
    expect(out).toContain('Portals: 1 active');
    expect(code).toBe(0);
  });

  it('names each thing that needs somebody with what mends it, within 100 columns, and exits with 1', async () => {
    const laneId = await pausedLane();
    const { code, out } = await sluice('status');
    expect(out).toContain('One thing needs somebody: 1 soon.');
    expect(out).toMatch(new RegExp(`^SOON {4}Lane ${laneId}, `, 'm'));
    expect(out).toContain(`$ npx sluice lanes resume ${laneId}`);
    expect(out.replace(/\s+/g, ' ')).toContain('3 executions wait. Since 5 min ago.');
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(code).toBe(1);
  });

  it('is what the API answered, as JSON, with the same exit code', async () => {
    await pausedLane();
    const { code, out } = await sluice('status --json');
    expect(JSON.parse(out)).toMatchObject({
      readiness: { status: 'ready' },
      status: { ok: false, soon: 1 },
      attention: { items: [{ kind: 'lane_paused' }] },
    });
    expect(code).toBe(1);
  });

  it('shows the first ten things, and says that there are more', async () => {
    await harness.database.admin.query(
      `INSERT INTO portals (portal_id, workspace_id, state) SELECT n, $1, 'reauth_required' FROM generate_series(1, 12) n`,
      [WORKSPACE],
    );
    const { out } = await sluice('status');
    expect(out.match(/^URGENT/gm)).toHaveLength(10);
    expect(out).toContain('There are more: 12 urgent, 0 soon');
    expect((await sluice('status --all')).out.match(/^URGENT/gm)).toHaveLength(12);
  });

  describe('of an API that cannot look', () => {
    let server: Server;
    let url: string;
    beforeAll(async () => {
      server = createServer((request, response) => {
        const isReadiness = request.url === '/readyz';
        response.writeHead(503, {
          'content-type': isReadiness ? 'application/json' : 'application/problem+json',
        });
        const check = { ok: false, ms: 2, problem: 'No answer within 5000 ms', mend: 'Check DATABASE_URL' };
        const body = isReadiness
          ? { status: 'not ready', checks: { database: check, temporal: { ok: true, ms: 1 } } }
          : { type: 'urn:sluice:unavailable', title: 'Unavailable', detail: 'Later', status: 503 };
        response.end(JSON.stringify(body));
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    afterAll(() => new Promise((resolve) => server.close(resolve)));

    it('says what the API lacks and what to do, and exits with 1', async () => {
      const { code, out } = await sluice('status', url);
      expect(out).toContain(`${url} is not ready.`);
      expect(out).toMatch(/^database +No answer within 5000 ms\n +Check DATABASE_URL$/m);
      expect(out).not.toContain('temporal');
      expect(code).toBe(1);
    });
  });

  it('says in a line that there is no API, and exits with 1', async () => {
    const { code, err } = await sluice('status', 'http://127.0.0.1:1');
    expect(err).toMatch(/^Cannot reach the API at http:\/\/127\.0\.0\.1:1: start it/);
    expect(code).toBe(1);
  });
});
