import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OTHER_WORKSPACE, startApi, type ApiHarness } from '../http/harness.js';

let harness: ApiHarness;
beforeEach(async () => {
  harness = await startApi();
  await connect(harness.api, 7);
  await connect(await harness.client({ workspaceId: OTHER_WORKSPACE }), 99);
});
afterEach(() => harness.close());

const connect = (api: ApiHarness['api'], portalId: number) =>
  api.must('POST', '/api/portals', { portalId, accessToken: `pat-na1-token-${portalId}` });

const settings = '/api/integrations/hubspot/config';
const rate = { action_id: '55', max_throughput: '50', time: '5', period: 'seconds' };

describe('a request that names no portal', () => {
  it('means the only one that is connected in its workspace, however many others have', async () => {
    expect(await harness.api.get(settings)).toMatchObject({ status: 200, body: { portalId: 7 } });
    expect(await harness.api.put(settings, { sync: true })).toMatchObject({
      status: 200,
      body: { portalId: 7, sync: { enabled: true } },
    });
    expect(await harness.api.post('/api/config', rate)).toMatchObject({
      status: 200,
      body: { portal_id: 7 },
    });
    expect(await harness.api.post('/api/integrations/hubspot/disconnect', {})).toMatchObject({
      status: 202,
      body: { portalId: 7 },
    });
  });

  it('is refused with the list of those it could mean, and changes nothing', async () => {
    await connect(harness.api, 8);
    for (const answer of [
      await harness.api.get(settings),
      await harness.api.put(settings, { sync: true }),
      await harness.api.post('/api/integrations/hubspot/disconnect', {}),
    ]) {
      const message = 'several portals are connected in this workspace, so one has to be named: 7, 8';
      expect(answer).toMatchObject({ status: 400, body: { errors: [{ path: 'portalId', message }] } });
    }
    expect(await harness.api.post('/api/config', rate)).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'portal_id' }] },
    });
    expect(await harness.api.get(`${settings}?portalId=7`)).toMatchObject({
      body: { state: 'active', sync: { enabled: false } },
    });
  });

  it('is refused where no portal is connected', async () => {
    await harness.database.admin.query(`UPDATE portals SET state = 'disconnected' WHERE portal_id = 7`);
    const answer = await harness.api.get<{ errors: { message: string }[] }>(settings);
    expect(answer.status).toBe(400);
    expect(answer.body.errors[0]?.message).toContain('no portal is connected in this workspace');
  });
});
