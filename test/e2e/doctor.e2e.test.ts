import os from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runCli } from '../../src/cli/program.js';
import { startStack, until, type Stack } from '../support/stack.js';

interface Seen {
  readonly id: string;
  readonly ok: boolean | null;
  readonly problem?: string;
}

describe('sluice doctor', () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await startStack();
  }, 120_000);
  afterAll(async () => stack?.stop(), 30_000);

  async function doctor(more: Record<string, string> = {}) {
    const seen = { out: '', err: '' };
    const url = new URL(stack.actionUrl()).origin;
    const env = { ...stack.env, DATABASE_ADMIN_URL: stack.databaseAdminUrl, PUBLIC_URL: url, ...more };
    const code = await runCli(['doctor', '--json'], {
      out: (text) => void (seen.out += text),
      err: (text) => void (seen.err += text),
      ...{ env, cwd: os.tmpdir() },
    });
    const { checks } = JSON.parse(seen.out) as { checks: Seen[] };
    // The servers of tests are fast since they write nothing to their disks.
    const left = checks.filter(({ id }) => id !== 'durability');
    const wrong = left.filter(({ ok }) => ok !== true).map(({ id, problem }) => `${id}: ${problem}`);
    return { code, checks, wrong };
  }

  it('finds nothing wrong of a service that works, with a call that its API has taken', async () => {
    await stack.connectPortal();
    await until('all is well', async () => (await doctor()).wrong.length === 0, 60_000);
    const { checks } = await doctor();
    const looked = checks.map(({ id }) => id);
    for (const id of [
      'environment',
      'isolation',
      'taskQueues',
      'syncSchedules',
      'signedCall',
      'oauthClient',
      'portals',
    ])
      expect(looked).toContain(id);
    const { rows } = await stack.pool.query('SELECT FROM webhook_events');
    expect(rows).toEqual([]);
  }, 90_000);

  it("tells a secret that is not the app's, of HubSpot and of the API", async () => {
    const { code, wrong } = await doctor({ HUBSPOT_CLIENT_SECRET: 'another-secret' });
    expect(code).toBe(1);
    expect(wrong).toEqual([
      expect.stringMatching(/^signedCall: .*the API has another PUBLIC_URL or HUBSPOT_CLIENT_SECRET/),
      'oauthClient: HubSpot does not know our app by its id and secret (BAD_CLIENT_SECRET)',
    ]);
  });

  it('works where the API does not, and says that nobody takes calls', async () => {
    await stack.apis[0]?.stop();
    const { code, wrong } = await doctor();
    expect(code).toBe(1);
    expect(wrong).toEqual([
      expect.stringMatching(/^signedCall: Nobody answers a call to http:\/\/127\.0\.0\.1:\d+$/),
    ]);
  });
});
