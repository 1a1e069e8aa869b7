import { spawn } from 'node:child_process';
import { createCipheriv, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runCli } from '../../src/cli/program.js';
import { startStack, until, type Stack } from '../support/stack.js';

const OTHER_PORTAL = 77_777_001;
const BROUGHT_PORTAL = 77_777_002;
const RATE = { max_throughput: '300', time: '1', period: 'second' };

/** What HubSpot has called for, and an earlier throttle has answered with BLOCK and kept in its table. */
describe('sluice import throttler', () => {
  let stack: Stack;
  let portalId: number;
  let earlier: { url: string; calls: Record<string, never>[]; close(): Promise<void> };

  beforeAll(async () => {
    stack = await startStack();
    portalId = await stack.connectPortal();
    earlier = await openEarlierService();
    await stack.pool.query(`
      CREATE SCHEMA former;
      CREATE TABLE former.throttle_configs (id bigserial PRIMARY KEY, portal_id bigint, action_id text,
        max_throughput int, time_period int, time_unit text);
      CREATE TABLE former.action_executions (id bigserial PRIMARY KEY, queue_id text, callback_id text,
        processed boolean DEFAULT false, max_throughput text, time text, period text,
        permanently_failed boolean DEFAULT false, expires_at timestamp);
      CREATE TABLE former.oauth_tokens (portal_id bigint, access_token text, refresh_token text)`);
  }, 120_000);
  afterAll(async () => {
    await earlier?.close();
    await stack?.stop();
  }, 30_000);

  async function openEarlierService() {
    const calls: Record<string, never>[] = [];
    const server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => (body += text));
      request.on('end', () => {
        calls.push(JSON.parse(body) as Record<string, never>);
        response.end(JSON.stringify({ outputFields: { hs_execution_state: 'BLOCK' } }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/hubspot/action`,
      calls,
      async close() {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      },
    };
  }

  const environment = () => {
    const url = new URL(stack.databaseAdminUrl);
    url.searchParams.set('options', '-c search_path=former');
    return {
      ...{ ...stack.env, PUBLIC_URL: new URL(stack.actionUrl()).origin, IMPORT_DATABASE_URL: url.href },
      ...{ SLUICE_API_URL: stack.apis[0]?.url ?? '', SLUICE_API_KEY: stack.secrets.apiKey },
    };
  };
  async function sluice(...args: string[]) {
    const seen = { out: '', err: '' };
    const code = await runCli(['import', 'throttler', ...args], {
      out: (text) => void (seen.out += text),
      err: (text) => void (seen.err += text),
      ...{ env: environment(), cwd: stack.dir },
    });
    return { code, ...seen };
  }

  /** Enrols records whose calls go to the earlier service, which notes them in its table. */
  async function leaveWaiting(count: number, rate: Readonly<Record<keyof typeof RATE, string>> = RATE) {
    const { actionDefinitionId } = await stack.sandbox.addAction(portalId, { actionUrl: earlier.url });
    const flow = await stack.sandbox.addWorkflow(portalId, {
      steps: [{ actionDefinitionId, inputFields: {} }],
    });
    earlier.calls.length = 0;
    await stack.sandbox.enrol(portalId, flow.workflowId, { count, ratePerSecond: 2000 });
    await until('the earlier service has all calls', () => earlier.calls.length === count, 30_000);
    const callbacks = earlier.calls.map(({ callbackId }) => String(callbackId));
    const queue = `queue:${portalId}:${flow.workflowId}:${actionDefinitionId}:0`;
    await stack.pool.query(
      `INSERT INTO former.action_executions (queue_id, callback_id, max_throughput, time, period)
       SELECT $1, c, $3, $4, $5 FROM unnest($2::text[]) c`,
      [queue, callbacks, rate.max_throughput, rate.time, rate.period],
    );
    return { ...flow, portalId, queue, callbacks };
  }
  const takenOf = async (callbacks: readonly string[]) => {
    const { rows } = await stack.pool.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM execution_keys WHERE callback_id = ANY($1)',
      [callbacks],
    );
    return rows[0]?.n ?? 0;
  };
  const totalsOf = async (workflowId: number) =>
    (await stack.sandbox.report({ portalId, workflowId, windowMs: 1000 })).totals;

  it('looks first: tables, columns, counts, what is refused, and which portals are to be connected; nothing is brought', async () => {
    const { callbacks, queue } = await leaveWaiting(3);
    await stack.pool.query(
      `INSERT INTO former.action_executions (queue_id, callback_id, processed, permanently_failed, expires_at) VALUES
         ('${queue}', 'ap-done', true, false, null), ('${queue}', 'ap-failed', false, true, null),
         ('${queue}', 'ap-late', false, false, now() - interval '1 hour'), ('${queue}', null, false, false, null),
         ('who knows', 'ap-x', false, false, null), ('queue:${OTHER_PORTAL}:1:2:0', 'ap-y', false, false, null)`,
    );
    await stack.pool.query(
      `INSERT INTO former.throttle_configs (portal_id, action_id, max_throughput, time_period, time_unit) VALUES
         (${portalId}, '33', 50, 5, 'second'), (${portalId}, '34', 0, 5, 'second')`,
    );
    await stack.pool.query(
      `INSERT INTO former.oauth_tokens VALUES (${portalId}, 'sealed-a', 'sealed-b'), (${OTHER_PORTAL}, 'sealed-c', 'sealed-d')`,
    );
    const { code, out, err } = await sluice();
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^rates +throttle_configs$/m);
    expect(out).toMatch(/^to be set +1$/m);
    expect(out).toMatch(/^columns +id: id, queue: queue_id, callback: callback_id/m);
    expect(out).toMatch(/^processed there +1, left where they are$/m);
    expect(out).toMatch(/^given up there +2, left where they are$/m);
    expect(out).toMatch(/^waiting +6$/m);
    expect(out).toMatch(/^to be brought +3$/m);
    expect(out).toMatch(new RegExp(`^of portals not connected +${OTHER_PORTAL} \\(1\\)$`, 'm'));
    expect(out).toMatch(/callback +is empty: HubSpot cannot be answered/);
    expect(out).toMatch(/queue +is not queue:portal:workflow:definition:place/);
    expect(out).toMatch(/^not to be connected +1$/m);
    expect(out).toMatch(new RegExp(`^${OTHER_PORTAL} +is to be connected: npx sluice portals connect`, 'm'));
    expect(out).toContain('Nothing was brought: the same with --yes');
    for (const secret of ['sealed-', stack.secrets.clientSecret, stack.secrets.apiKey])
      expect(out).not.toContain(secret);
    expect(await takenOf(callbacks)).toBe(0);
  }, 60_000);

  it('goes on where it was killed: each execution is completed once, none is lost, and the table stays as it was', async () => {
    const flow = await leaveWaiting(400);
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', path.resolve('src/cli/main.ts'), 'import', 'throttler', '--yes'],
      { env: { ...process.env, ...environment() }, stdio: 'ignore' },
    );
    const taken = () => takenOf(flow.callbacks);
    await until('some are brought', async () => (await taken()) > 20, 60_000);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const before = await taken();
    expect(before).toBeLessThan(400);

    const again = await sluice('--yes', '--json');
    // 1: the rows that the other test has left are refused, or of a portal that is not connected.
    expect(again.code).toBe(1);
    const { executions } = JSON.parse(again.out) as { executions: Record<string, number> };
    expect(executions['there']).toBeGreaterThanOrEqual(before);
    expect(await taken()).toBe(400);
    const done = async () => (await totalsOf(flow.workflowId)).completed === 400;
    await until('all have completed', done, 60_000);
    expect(await totalsOf(flow.workflowId)).toMatchObject({ lost: 0, completedTwice: 0 });

    const third = JSON.parse((await sluice('--yes', '--json')).out) as typeof again & {
      executions: Record<string, number>;
      rates: Record<string, number>;
    };
    expect(third.executions).toMatchObject({ brought: 0, there: 403, refusedRows: 2 });
    expect(third.rates).toMatchObject({ set: 0, there: 1, refusedRows: 1 });
    const { rows } = await stack.pool.query(
      'SELECT count(*)::int AS n FROM former.action_executions WHERE NOT processed AND callback_id = ANY($1)',
      [flow.callbacks],
    );
    expect(rows).toEqual([{ n: 400 }]);
  }, 180_000);

  it('counts as brought what waits here alone: what is refused is named, and is brought when nothing stands in its way', async () => {
    await stack.pool.query('DELETE FROM former.action_executions');
    // The third would have its turn after 40 days: longer than HubSpot holds it, and its lane refuses then.
    const flow = await leaveWaiting(3, { max_throughput: '1', time: '20', period: 'days' });
    const bring = async () => {
      const { out, err, code } = await sluice('--yes', '--json');
      const { executions } = JSON.parse(out) as {
        executions: Record<string, number> & { refused: { field: string; message: string }[] };
      };
      return { executions, err, code };
    };
    const config = `/api/integrations/hubspot/config?portalId=${portalId}`;
    await stack.api.must('PUT', config, { throttle: false });
    const shut = await bring();
    expect(shut.executions).toMatchObject({ ready: 0, brought: 0, there: 0, refusedRows: 3 });
    expect(shut.executions.refused[0]).toMatchObject({
      ...{ field: 'portal', message: expect.stringContaining(`portals settings ${portalId} --throttle on`) },
    });
    expect(await takenOf(flow.callbacks)).toBe(0);

    await stack.api.must('PUT', config, { throttle: true });
    for (const there of [0, 2]) {
      const { executions, err, code } = await bring();
      expect(executions).toMatchObject({ brought: 2 - there, there, refusedRows: 1 });
      expect(executions.refused).toMatchObject([
        { field: 'callback', message: expect.stringContaining('sluice_status refused') },
      ]);
      expect([code, err]).toEqual([1, expect.stringContaining('1 execution refused')]);
    }
    await stack.pool.query(`UPDATE lanes SET beyond_block = 'hold' WHERE beyond_block = 'refuse'`);
    expect((await bring()).executions).toMatchObject({ brought: 1, there: 2, refusedRows: 0 });
    expect((await bring()).executions).toMatchObject({ brought: 0, there: 3, refusedRows: 0 });
  }, 120_000);

  it('leaves a rate that was set here, finds columns of other names, and refuses a field that there is not', async () => {
    await stack.api.must('POST', '/api/config', {
      ...{ portal_id: portalId, action_id: '33', max_throughput: 7, time: 1, period: 'minutes' },
    });
    await stack.pool.query('ALTER TABLE former.throttle_configs RENAME COLUMN time_unit TO unit');
    const missing = await sluice();
    expect(missing.code).toBe(2);
    expect(missing.err).toContain(
      'throttle_configs has no time_unit: name the column with --column rates.period=…. It has id, portal_id',
    );
    const { out } = await sluice('--column', 'rates.period=unit', '--yes', '--json');
    expect((JSON.parse(out) as { rates: object }).rates).toMatchObject({ other: 1, set: 0 });
    expect(await stack.api.must('GET', `/api/config/${portalId}/33`)).toMatchObject({ max_throughput: 7 });
    expect(await sluice('--column', 'rates.colour=unit')).toMatchObject({
      code: 2,
      err: '--column rates.colour=unit: there is no such field; see --help\n',
    });
    expect((await sluice('--rates-table', 'none', '--executions-table', 'none')).err).toContain(
      'There is neither a table none nor none',
    );
  }, 60_000);

  it('connects a portal with the token that the earlier service has, once HubSpot has said whose it is', async () => {
    await stack.sandbox.createPortal(BROUGHT_PORTAL);
    const { refreshToken } = await stack.sandbox.install(BROUGHT_PORTAL);
    const key = randomBytes(32);
    const seal = (text: string) => {
      const iv = randomBytes(16);
      const cipher = createCipheriv('aes-256-cbc', key, iv);
      return Buffer.concat([iv, cipher.update(text), cipher.final()]).toString('base64');
    };
    await stack.pool.query('DELETE FROM former.oauth_tokens');
    await stack.pool.query(`INSERT INTO former.oauth_tokens VALUES ($1, 'a', $2), ($3, 'b', $2)`, [
      BROUGHT_PORTAL,
      seal(refreshToken),
      OTHER_PORTAL,
    ]);
    const keyFile = path.join(stack.dir, 'former.key');
    const tokens = async (...args: string[]) => {
      const { out } = await sluice('--column', 'rates.period=unit', '--key-file', keyFile, '--json', ...args);
      expect(out).not.toContain(refreshToken);
      return (JSON.parse(out) as { tokens: object }).tokens;
    };
    writeFileSync(keyFile, randomBytes(32).toString('base64'));
    expect(await tokens('--yes')).toMatchObject({ connected: 0, refusedRows: 2 });
    writeFileSync(keyFile, key.toString('base64'));
    expect(await tokens()).toMatchObject({ ready: 2, connected: 0, refusedRows: 0 });
    expect(await tokens('--yes')).toMatchObject({
      ...{ connected: 1, refusedRows: 1 },
      refused: [{ portal: String(OTHER_PORTAL), message: `has the token of account ${BROUGHT_PORTAL}` }],
    });
    expect(await stack.api.must('GET', `/api/portals/${BROUGHT_PORTAL}`)).toMatchObject({
      ...{ state: 'active', auth: 'oauth' },
    });
    expect(await tokens('--yes')).toMatchObject({ connected: 0, there: 1 });
  }, 60_000);
});
