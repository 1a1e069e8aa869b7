import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runCli } from '../../../src/cli/program.js';
import { BLOCK, PORTAL, startHarness, type Harness } from '../sandbox/harness.js';

describe('sluice demo', () => {
  let sandbox: Harness;
  let portal: Awaited<ReturnType<Harness['portal']>>;
  beforeAll(async () => {
    sandbox = await startHarness(() => ({ json: BLOCK }));
    portal = await sandbox.portal();
  });
  afterAll(() => sandbox.close());

  async function demo(args: string, base = sandbox.url) {
    const said = { out: '', err: '' };
    const code = await runCli(['demo', ...args.split(' ')], {
      out: (text) => void (said.out += text),
      err: (text) => void (said.err += text),
      ...{ env: { HUBSPOT_API_BASE_URL: base }, cwd: tmpdir() },
    });
    return { code, ...said };
  }

  it('enrols records in a workflow of the sandbox, which calls the action for each', async () => {
    const enrolled = await demo('enrol 5');
    expect([enrolled.code, enrolled.out]).toEqual([
      0,
      expect.stringMatching(/^5 records enrolled in .* 26816943$/m),
    ]);
    await sandbox.waiting(5);
    expect((await demo('enrol 5 --portal 4711')).err).toContain(`it has ${PORTAL}`);
  });

  it('has HubSpot forget one that waits', async () => {
    expect((await demo('trouble poison-callback')).code).toBe(0);
    expect(await sandbox.byState()).toMatchObject({ waiting: 4 });
    const poisoned = sandbox.calls.map(({ callbackId }) => callbackId);
    expect((await portal.completeBatch(poisoned)).status).toBe(404);
  });

  it('has completions refused for a while', async () => {
    const { code, out } = await demo('trouble 429-storm');
    expect([code, out]).toEqual([0, expect.stringContaining('npx sluice lanes list --watch')]);
    expect((await portal.complete(sandbox.calls[1]!.callbackId)).status).toBe(429);
    await sandbox.control('DELETE', '/faults');
  });

  it('has tokens taken back, and says how that is mended', async () => {
    const { out } = await demo('trouble revoked-token');
    expect(out).toContain(`npx sluice portals connect ${PORTAL}`);
    expect((await portal.complete(sandbox.calls[1]!.callbackId)).status).toBe(401);
  });

  it('works in the sandbox alone', async () => {
    expect((await demo('enrol 5', 'https://api.hubapi.com')).code).toBe(2);
    expect((await demo('enrol 5', 'http://127.0.0.1:1')).code).toBe(1);
    expect((await demo('trouble flood')).err).toContain('revoked-token, 429-storm, poison-callback');
  });
});
