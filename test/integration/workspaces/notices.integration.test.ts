import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createNoticeActivities } from '../../../src/activities/workspaces/noticeActivities.js';
import { startNotices } from '../../../src/activities/workspaces/startNotices.js';
import { noticesToDeliver } from '../../../src/db/workspaces/notices.js';
import { runCli } from '../../../src/cli/program.js';
import { notify, type Notice } from '../../../src/db/workspaces/notices.js';
import { createDataKeys } from '../../../src/db/secrets/dataKeys.js';
import { notifySecretContext } from '../../../src/secrets/encryptionContext.js';
import { inWorkspace } from '../../../src/db/tenant.js';
import { createSealing } from '../../../src/secrets/sealing.js';
import { createLogger } from '../../../src/platform/logger.js';
import { createNoticeInstruments } from '../../../src/activities/workspaces/instruments.js';
import { createMetrics } from '../../../src/platform/metrics.js';
import { createOutboundCalls } from '../../../src/platform/outbound/outboundCalls.js';
import { testKey } from '../../support/sealing.js';
import { WORKSPACE } from '../../support/throttle.js';
import { OTHER_WORKSPACE, startApi, type ApiHarness } from '../http/harness.js';

const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');

let harness: ApiHarness;
let receiver: Server;
let url: string;
let status: number;
let received: { id: unknown; signature: string; body: string }[];
beforeEach(async () => {
  harness = await startApi();
  [status, received] = [200, []];
  receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { 'x-sluice-signature': signature, 'x-sluice-notice': id } = request.headers;
      received.push({ id, signature: String(signature), body: Buffer.concat(chunks).toString('utf8') });
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
});
afterEach(async () => {
  receiver.closeAllConnections();
  await new Promise((resolve) => receiver.close(resolve));
  await harness.close();
});

const pool = () => harness.database.pool;
const tell = (workspaceId = WORKSPACE) =>
  inWorkspace(pool(), workspaceId, (client) =>
    notify(client, {
      workspaceId,
      kind: 'portal.reauth_required',
      portalId: 7,
      detail: { reason: 'BAD_HUB' },
    }),
  );
const listed = async (query = '') =>
  (await harness.api.get<{ items: Notice[] }>(`/api/notices${query}`)).body.items;

/** The workspace's URL, and the secret that signs. */
async function subscribe(secret: string) {
  const sealing = createSealing([testKey('test')], createDataKeys(pool()));
  await harness.database.admin.query(
    'UPDATE workspaces SET notify_url = $2, notify_secret = $3 WHERE id = $1',
    [WORKSPACE, url, await sealing.seal(secret, notifySecretContext(WORKSPACE))],
  );
  return createNoticeActivities({
    pool: pool(),
    sealing,
    outbound: createOutboundCalls({ allowLocal: true }),
    logger,
    metrics: createNoticeInstruments(createMetrics('test')),
  });
}

describe('a notice', () => {
  it("is brought to the workspace's URL, signed as the document says how to verify it", async () => {
    const activities = await subscribe('the-secret-of-the-workspace');
    const noticeId = await tell();
    expect(await activities.deliverNotice({ workspaceId: WORKSPACE, noticeId })).toBe('delivered');
    const [{ id, signature, body } = { id: '', signature: '', body: '' }] = received;
    expect(id).toBe(noticeId);
    expect(JSON.parse(body)).toEqual({
      id: noticeId,
      kind: 'portal.reauth_required',
      workspaceId: WORKSPACE,
      portalId: 7,
      createdAt: expect.any(String),
      detail: { reason: 'BAD_HUB' },
    });

    const [, snippet = ''] =
      /```js\n(import \{ createHmac[^]*?)```/.exec(readFileSync('docs/api.md', 'utf8')) ?? [];
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'sluice-notice-')), 'verify.mjs');
    writeFileSync(file, snippet);
    const { isGenuine } = (await import(pathToFileURL(file).href)) as {
      isGenuine(secret: string, signature: string, body: Buffer, now?: number): boolean;
    };
    const raw = Buffer.from(body);
    expect(isGenuine('the-secret-of-the-workspace', signature, raw)).toBe(true);
    expect(isGenuine('another-secret', signature, raw)).toBe(false);
    expect(isGenuine('the-secret-of-the-workspace', signature, Buffer.from(body.replace('7', '8')))).toBe(
      false,
    );
    expect(isGenuine('the-secret-of-the-workspace', signature, raw, Date.now() / 1000 + 301)).toBe(false);
    expect(isGenuine('the-secret-of-the-workspace', 'nonsense', raw)).toBe(false);

    expect(await listed()).toMatchObject([
      { id: noticeId, state: 'delivered', attempts: 1, lastError: null },
    ]);
    // Asked again (the workflow was reset, say) it is not brought twice.
    expect(await activities.deliverNotice({ workspaceId: WORKSPACE, noticeId })).toBe('delivered');
    expect(received.length).toBe(1);
  });

  it('that is not taken is tried again, given up in the end, and can be sent again', async () => {
    const activities = await subscribe('s');
    const noticeId = await tell();
    status = 500;
    await expect(activities.deliverNotice({ workspaceId: WORKSPACE, noticeId })).rejects.toThrow(
      'It answered 500',
    );
    expect(await listed('?state=pending')).toMatchObject([{ attempts: 1, lastError: 'It answered 500' }]);
    await activities.giveUpNotice({ workspaceId: WORKSPACE, noticeId });
    expect(await listed('?state=failed')).toMatchObject([{ id: noticeId }]);

    status = 204;
    expect((await harness.api.post(`/api/notices/${noticeId}/resend`)).status).toBe(202);
    expect(await activities.deliverNotice({ workspaceId: WORKSPACE, noticeId })).toBe('delivered');
    const { rows } = await harness.database.admin.query('SELECT operation FROM audit_entries');
    expect(rows).toEqual([{ operation: 'notice.resend' }]);
  });

  it('of a workspace without a URL is kept', async () => {
    const noticeId = await tell();
    expect(await listed()).toMatchObject([{ id: noticeId, state: 'kept' }]);
    expect(await startNotices({ pool: pool(), temporal: { startNotice: async () => undefined } })).toBe(0);
  });

  const later = (time: string) =>
    harness.database.admin.query(`UPDATE notices SET started_at = started_at - $1::interval`, [time]);

  it('is begun once by whichever relay comes first, and again when Temporal did not take it', async () => {
    await subscribe('s');
    const ids = [await tell(), await tell()];
    let away = true;
    const started: string[] = [];
    const temporal = {
      startNotice: async ({ noticeId }: { noticeId: string }) => {
        if (away) throw new Error('14 UNAVAILABLE');
        started.push(noticeId);
      },
    };
    await expect(startNotices({ pool: pool(), temporal })).rejects.toThrow('UNAVAILABLE');
    away = false;
    await later('31 seconds');
    await Promise.all([1, 2, 3].map(() => startNotices({ pool: pool(), temporal })));
    expect(started.sort()).toEqual(ids);
  });

  it('is begun again soon where the process that was to begin it has died', async () => {
    await subscribe('s');
    const noticeId = await tell();
    const taken = await noticesToDeliver(pool(), 10);
    expect(taken.map((one) => one.noticeId)).toEqual([noticeId]);
    const started: string[] = [];
    const temporal = {
      startNotice: async (notice: { noticeId: string }) => void started.push(notice.noticeId),
    };
    await startNotices({ pool: pool(), temporal });
    expect(started).toEqual([]);
    await later('31 seconds');
    await startNotices({ pool: pool(), temporal });
    expect(started).toEqual([noticeId]);
    // From now on it is under way, which takes up to three days.
    await later('3 days');
    await startNotices({ pool: pool(), temporal });
    expect(started).toEqual([noticeId]);
  });

  it("is its workspace's alone", async () => {
    const noticeId = await tell(OTHER_WORKSPACE);
    expect(await listed()).toEqual([]);
    expect((await harness.api.post(`/api/notices/${noticeId}/resend`)).status).toBe(404);
    const reader = await harness.client({ scopes: ['throttle:read'] });
    expect((await reader.get('/api/notices')).status).toBe(403);
  });

  it('is listed and sent again by the command line', async () => {
    const noticeId = await tell();
    const key = await harness.key();
    const seen = { out: '', err: '' };
    const sluice = (...args: string[]) =>
      runCli(args, {
        out: (text) => void (seen.out += text),
        err: (text) => void (seen.err += text),
        env: { SLUICE_API_URL: harness.url, SLUICE_API_KEY: key },
        cwd: mkdtempSync(path.join(tmpdir(), 'sluice-cli-')),
      });
    expect(await sluice('notices', 'list', '--state', 'kept')).toBe(0);
    expect(seen.out).toMatch(new RegExp(`^ *${noticeId} +portal\\.reauth_required +7 +kept`, 'm'));
    expect(await sluice('notices', 'resend', noticeId)).toBe(0);
    expect(seen.out).toContain('goes out within seconds');
    expect(await sluice('notices', 'list', '--state', 'lost')).toBe(2);
  });
});
