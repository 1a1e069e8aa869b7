import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { seedLane } from '../../support/throttle.js';
import { OTHER_WORKSPACE, startApi, type ApiHarness } from './harness.js';

const OURS = 7_200_001;
const THEIRS = 7_200_002;
const NOBODY = '00000000-0000-4000-8000-00000000abcd';

let harness: ApiHarness;
beforeAll(async () => {
  harness = await startApi();
  const { admin } = harness.database;
  await seedLane(admin, { portalId: OURS, limit: 1, intervalMs: 1000 });
  await seedLane(admin, { portalId: THEIRS, workspaceId: OTHER_WORKSPACE, limit: 1, intervalMs: 1000 });
});
afterAll(() => harness.close());

const detailOf = async (method: 'GET' | 'POST', path: string, body?: unknown): Promise<[number, string]> => {
  const answer = await (method === 'GET' ? harness.api.get(path) : harness.api.post(path, body));
  return [answer.status, (answer.body as { detail?: string }).detail ?? ''];
};

describe('A list whose filter', () => {
  it.each([
    '/api/lanes?portalId=',
    '/api/executions?portalId=',
    '/api/config?portal_id=',
    '/api/events?portalId=',
    '/api/outbox/dead-letters?portalId=',
    '/api/outbox/stats?portalId=',
    '/api/audit?portalId=',
    '/api/attention?portalId=',
  ])(
    'names a portal that the workspace does not have is an error, another one may be empty: %s',
    async (path) => {
      for (const portal of [THEIRS, 7_299_999])
        expect(await detailOf('GET', `${path}${portal}`)).toEqual([404, `There is no such portal ${portal}`]);
      expect((await harness.api.get(`${path}${OURS}`)).status).toBe(200);
    },
  );

  it.each([
    ['/api/executions?laneId=987', 'There is no such lane 987'],
    [
      '/api/events?type=nova',
      /^There is no such event type nova\. There are driver_signed_up, .*nova_earned/,
    ],
    ['/api/outbox/dead-letters?type=nova', /^There is no such event type nova\. There are /],
    [`/api/audit?actor=key:${NOBODY}`, `There is no such key ${NOBODY}`],
  ])('names what there is not is an error: %s', async (path, words) => {
    expect(await detailOf('GET', path)).toEqual([404, expect.stringMatching(words)]);
  });

  it.each([
    ['/api/events?errorClass=permanently', /^errorClass: must be one of rate, transient, .*unclaimed$/],
    ['/api/outbox/dead-letters?errorClass=x', /^errorClass: must be one of rate, transient, /],
    ['/api/events?state=done', /^state: must be one of pending, /],
    ['/api/executions?state=done', /^state: must be one of /],
    ['/api/notices?state=done', /^state: must be one of /],
    [`/api/portals/${OURS}/requests?outcome=fine`, /^outcome: must be one of /],
    ['/api/audit?operation=lane.pause', /^operation: must be one of access.refused, .*lane.change/],
    ['/api/attention?kind=anything', /^kind: must be one of not_ready, .*lane_paused/],
    ['/api/attention?severity=high', /^severity: must be one of urgent, soon$/],
    ['/api/audit?actor=somebody', /^actor: must be key:<id>, or one of setup, cli, hubspot, system$/],
    ['/api/audit?actor=key:4', /^actor: must be key:<id>, or one of /],
  ])('is a word that means nothing is an error that names those that do: %s', async (path, words) => {
    expect(await detailOf('GET', path)).toEqual([400, expect.stringMatching(words)]);
  });

  it('takes each word that it names', async () => {
    for (const path of [
      '/api/events?errorClass=',
      '/api/outbox/dead-letters?errorClass=',
      '/api/audit?operation=',
      '/api/audit?actor=',
    ]) {
      const [, detail] = await detailOf('GET', `${path}x`);
      const words = /one of (.+)$/.exec(detail)![1]!.split(', ');
      for (const word of words)
        expect([path, word, await harness.api.get(`${path}${word}`)]).toMatchObject([
          path,
          word,
          { status: 200, body: { items: [] } },
        ]);
    }
  });
});

describe('What is done to all that match a filter', () => {
  it.each([
    ['/api/outbox/redrives', { filter: { portalId: THEIRS } }],
    ['/api/outbox/redrives', { filter: { portalId: THEIRS }, preview: true }],
    ['/api/outbox/redrives', { filter: { type: 'nova' } }],
    ['/api/outbox/replays', { filter: { portalId: THEIRS, since: '2027-01-01T00:00:00Z' } }],
    ['/api/outbox/replays', { filter: { type: 'nova', since: '2027-01-01T00:00:00Z' } }],
    ['/api/outbox/discards', { filter: { portalId: THEIRS }, reason: 'a test' }],
    ['/api/outbox/discards', { filter: { type: 'nova' }, reason: 'a test' }],
  ])(
    'is refused, and not begun, where it names a portal or a type that there is not: %s %j',
    async (path, body) => {
      expect(await detailOf('POST', path, body)).toEqual([
        404,
        expect.stringMatching(/^There is no such (portal|event type) /),
      ]);
      expect(await harness.api.must('GET', '/api/outbox/redrives')).toEqual({ items: [], next: null });
    },
  );
});
