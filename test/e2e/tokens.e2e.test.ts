import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDataKeys } from '../../src/db/secrets/dataKeys.js';
import { accessTokenContext, refreshTokenContext } from '../../src/secrets/encryptionContext.js';
import { createSealing } from '../../src/secrets/sealing.js';
import { Secret } from '../../src/platform/secret.js';
import { findLeaks } from '../support/canaries.js';
import { installApp } from '../support/installApp.js';
import { startStack, until, type Flow, type Stack } from '../support/stack.js';

const PORTAL = 52_000_001;
const TEN_PER_SECOND = { limit: 10, intervalMs: 1000 };

describe('An installed portal', () => {
  let stack: Stack;
  let receiver: Server;
  let flow: Flow;
  const notices: { kind: string; portalId: number }[] = [];
  /** Every token that was ever stored, and the secret that signs notices. */
  const secrets = new Set<string>();

  beforeAll(async () => {
    // Servers of its own: what Temporal writes to its disk is read below.
    stack = await startStack({ own: true, workers: 2, env: { TOKEN_REFRESH_BEFORE_MS: '4000' } });
    await stack.sandbox.settings({ tokenLifetimeSeconds: 14 });
    receiver = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        notices.push(JSON.parse(Buffer.concat(chunks).toString('utf8')) as (typeof notices)[number]);
        response.writeHead(204).end();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const notifyUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
    const { notifySecret } = await stack.api.must<{ notifySecret: string }>('PATCH', '/api/workspace', {
      notifyUrl,
    });
    secrets.add(notifySecret);

    await stack.sandbox.createPortal(PORTAL);
    await installApp(stack, PORTAL);
    flow = await stack.addFlow(PORTAL, { steps: [{ rate: TEN_PER_SECOND }] });
  }, 120_000);
  afterAll(async () => {
    receiver?.closeAllConnections();
    receiver?.close();
    await stack?.stop();
  }, 30_000);

  const portal = async () =>
    (await stack.pool.query('SELECT * FROM portals WHERE portal_id = $1', [PORTAL])).rows[0];
  const completed = async () =>
    (await stack.sandbox.report({ workflowId: flow.workflowId })).totals.completed;
  const keeper = () => stack.temporal.workflow.getHandle(`tokenKeeper/${PORTAL}`).describe();

  async function noteSecrets(): Promise<void> {
    const { workspace_id: workspaceId, access_token: access, refresh_token: refresh } = await portal();
    const [id = '', key = ''] = stack.env.ENCRYPTION_KEYS!.split(':');
    const sealing = createSealing([{ id, key: new Secret(key) }], createDataKeys(stack.pool));
    secrets.add(
      (await sealing.open(access as string, accessTokenContext(workspaceId as string, PORTAL))).reveal(),
    );
    secrets.add(
      (await sealing.open(refresh as string, refreshTokenContext(workspaceId as string, PORTAL))).reveal(),
    );
  }

  it('has its token refreshed in time for as long as it is in use: no call of it comes with a dead one', async () => {
    await noteSecrets();
    await stack.sandbox.enrol(PORTAL, flow.workflowId, { count: 320 });
    await until(
      'it was refreshed twice',
      async () => ((await portal()).token_version as number) >= 3,
      60_000,
    );
    await noteSecrets();
    await until('all have completed', async () => (await completed()) === 320, 60_000);
    const report = await stack.sandbox.oauthReport();
    expect(report.tokenCalls.perPortal[PORTAL]).toMatchObject({ overlappingRefreshes: 0 });
    expect(report.deadTokenCalls.total).toBe(0);
    expect((await keeper()).searchAttributes).toMatchObject({ PortalId: [String(PORTAL)] });
  }, 150_000);

  it('is paused with the reason when HubSpot takes the app away, and its workspace is notified', async () => {
    await stack.sandbox.uninstall(PORTAL);
    await stack.sandbox.enrol(PORTAL, flow.workflowId, { count: 30 });
    const paused = await until(
      'it needs a new authorisation',
      async () => {
        const found = await portal();
        return found.state === 'reauth_required' && found;
      },
      60_000,
    );
    expect(paused.state_reason).toMatch(/HubSpot refused the refresh token \(BAD_/);
    await until(
      'its workspace is notified',
      () => notices.some(({ kind }) => kind === 'portal.reauth_required'),
      30_000,
    );
    await until(
      'its keeper says so',
      async () => (await keeper()).searchAttributes.ExecutionState?.[0] === 'reauth_required',
      30_000,
    );
    const calls = (await stack.sandbox.oauthReport()).tokenCalls.perPortal[PORTAL]!.refresh_token;
    expect(await completed()).toBe(320);
    // Nothing is asked of HubSpot for it any more.
    await stack.sandbox.enrol(PORTAL, flow.workflowId, { count: 10 });
    await until(
      'those wait, too',
      async () => {
        const [lane] = await stack.api.lanes(PORTAL);
        return lane !== undefined && lane.waiting + lane.sending === 40;
      },
      30_000,
    );
    expect((await stack.sandbox.oauthReport()).tokenCalls.perPortal[PORTAL]!.refresh_token).toBe(calls);
  }, 120_000);

  it('goes on by itself once the app is installed anew', async () => {
    await installApp(stack, PORTAL);
    await noteSecrets();
    await until('what waited has completed', async () => (await completed()) === 360, 60_000);
    expect(await portal()).toMatchObject({ state: 'active', state_reason: null, refresh_failures: 0 });
  }, 90_000);

  it('keeps a process that lacks the key of its secrets from starting, which says which', async () => {
    const withoutKey = stack.startWorker({ ENCRYPTION_KEYS: `other:${Buffer.alloc(32).toString('base64')}` });
    await expect(withoutKey.waitReady()).rejects.toThrow(
      /ended before it was ready \(code 1\)[^]*Refusing to start: ENCRYPTION_KEYS lacks key "test"/,
    );
    await withoutKey.restart({ env: { ENCRYPTION_KEYS: stack.env.ENCRYPTION_KEYS! } });
  }, 60_000);

  it('leaves its tokens in no table, log, metric, process title or file of Temporal', async () => {
    await noteSecrets();
    expect(secrets.size).toBeGreaterThanOrEqual(5);
    expect(await findLeaks(stack, [...secrets])).toEqual([]);
    const files = filesUnder(path.join(stack.dir, 'servers', 'temporal'));
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const bytes = readFileSync(file).toString('latin1');
      expect([file, [...secrets].some((secret) => bytes.includes(secret))]).toEqual([file, false]);
    }
  }, 60_000);
});

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(folder, name))
    .filter((file) => statSync(file).isFile());
}
