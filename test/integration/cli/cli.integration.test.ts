import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { runCli } from '../../../src/cli/program.js';
import { seedLane } from '../../support/throttle.js';
import { startApi, type ApiHarness } from '../http/harness.js';
import { end, take } from '../http/seed.js';

let harness: ApiHarness;
let key: string;
let cwd: string;
beforeEach(async () => {
  harness = await startApi();
  key = await harness.key();
  cwd = mkdtempSync(path.join(tmpdir(), 'sluice-cli-'));
});
afterEach(async () => {
  rmSync(cwd, { recursive: true });
  await harness.close();
});

async function sluice(...args: string[]) {
  const seen = { out: '', err: '' };
  const code = await runCli(args, {
    out: (text) => void (seen.out += text),
    err: (text) => void (seen.err += text),
    env: { SLUICE_API_URL: harness.url, SLUICE_API_KEY: key },
    cwd,
  });
  return { code, ...seen };
}

const json = async (...args: string[]): Promise<unknown> =>
  JSON.parse((await sluice(...args, '--json')).out) as unknown;

describe('sluice lanes', () => {
  it('lists, shows, sets, pauses, resumes and drains', async () => {
    const laneId = await seedLane(harness.database.admin, { limit: 10, intervalMs: 60_000 });
    await take(harness.database.pool, laneId, 12);

    const list = await sluice('lanes', 'list');
    expect(list.out.split('\n')[0]).toMatch(/^ID +PORTAL +LANE +RATE +SET BY +WAITING/);
    expect(list.out).toMatch(new RegExp(`^${laneId} +1 +queue:\\d+ +10/1m +lane +12 +0`, 'm'));

    expect(
      (await sluice('lanes', 'set', laneId, '--rate', '5/10s', '--spread', 'on', '--max-per-workflow', '1'))
        .out,
    ).toContain('5 per 10 seconds (set by lane)');
    expect((await sluice('lanes', 'set', laneId, '--rate', 'none')).out).toContain('(set by default)');
    expect((await sluice('lanes', 'pause', laneId, '--reason', 'partner is down')).out).toContain(
      ': partner is down',
    );
    expect(await json('lanes', 'show', laneId)).toMatchObject({
      id: laneId,
      spread: true,
      maxPerWorkflow: 1,
      paused: { reason: 'partner is down' },
    });
    expect((await sluice('lanes', 'resume', laneId)).out).toMatch(/^paused +-$/m);
    expect(await sluice('lanes', 'drain', laneId, '--as', 'cancelled', '--yes')).toEqual({
      code: 0,
      out: '12 executions will end as cancelled\n',
      err: '',
    });
  });

  it('reads all pages', async () => {
    for (let n = 0; n < 103; n += 1) await seedLane(harness.database.admin, { limit: 1, intervalMs: 1000 });
    expect(((await json('lanes', 'list')) as { items: unknown[] }).items.length).toBe(103);
    expect(await json('lanes', 'list', '--limit', '101')).toMatchObject({ next: expect.any(String) });
  });

  it('says in a line, with exit code 1, what the API refused', async () => {
    expect(await sluice('lanes', 'show', '99')).toEqual({ code: 1, out: '', err: 'There is no such lane\n' });
    const wrong = await sluice('lanes', 'set', '99', '--max-per-workflow', '1000');
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringMatching(/^maxPerWorkflow: .*\n$/)]);
    key = `slc_test_${'x'.repeat(43)}`;
    expect((await sluice('lanes', 'list')).err).toBe(
      'This API key is not valid (unknown, expired or revoked): set SLUICE_API_KEY to a key of this API\n',
    );
  });
});

describe('a list', () => {
  it('whose filter names no portal, lane or event type is an error, not an empty list; an empty one says none', async () => {
    const types = /^There is no such event type foo\. There are driver_signed_up, .*generic\n$/;
    for (const [args, words] of [
      ['lanes list --portal 5', /^There is no such portal 5\n$/],
      ['executions list --portal 5', /^There is no such portal 5\n$/],
      ['executions list --lane 99', /^There is no such lane 99\n$/],
      [
        'executions list --callback ap-5-1-1-0',
        /^There is no such callback ap-5-1-1-0, or it is longer ago than executions are kept\n$/,
      ],
      ['rates list --portal 5', /^There is no such portal 5\n$/],
      ['portals requests 5', /^There is no such portal\n$/],
      ['outbox status --portal 5', /^There is no such portal 5\n$/],
      ['outbox list --portal 5', /^There is no such portal 5\n$/],
      ['outbox list --type foo', types],
      ['outbox dead --type foo', types],
      ['outbox redrive --type foo --dry-run', types],
      ['outbox redrive --portal 5 --preview', /^There is no such portal 5\n$/],
      [
        'outbox replay --dry-run-since 2027-01-01T00:00:00Z --portal 5 --yes',
        /^There is no such portal 5\n$/,
      ],
      ['outbox discard --portal 5 --reason test --yes', /^There is no such portal 5\n$/],
      ['outbox types foo', types],
      ['outbox types generic:foo', /^There is no such mapping foo\n$/],
      ['audit list --portal 5', /^There is no such portal 5\n$/],
    ] as const)
      expect([args, await sluice(...args.split(' '))]).toEqual([
        args,
        { code: 1, out: '', err: expect.stringMatching(words) },
      ]);
    for (const [args, words] of [
      ['outbox list --error-class final', /Allowed choices are rate, transient, .*unclaimed/],
      ['outbox dead --error-class final', /Allowed choices are rate, transient, .*unclaimed/],
      ['outbox list --state done', /Allowed choices are pending, /],
      ['audit list --operation lane.pause', /Allowed choices are .*lane\.change/],
      ['audit list --actor somebody', /It must be key:<id>, or one of setup, cli, hubspot, system/],
    ] as const)
      expect([args, await sluice(...args.split(' '))]).toEqual([
        args,
        { code: 2, out: '', err: expect.stringMatching(words) },
      ]);
    expect(await sluice('lanes', 'list')).toEqual({ code: 0, out: 'none\n', err: '' });
    expect(await sluice('executions', 'list', '--record', '901')).toEqual({
      code: 0,
      out: 'none\n',
      err: '',
    });
    expect(await sluice('outbox', 'list', '--type', 'nova_earned')).toEqual({
      code: 0,
      out: 'none\n',
      err: '',
    });
  });
});

describe('an error', () => {
  it('is the problem that the API answered, with the id of the request, for a program', async () => {
    const unknown = await sluice('lanes', 'show', '99', '--json');
    expect([unknown.code, unknown.out]).toEqual([1, '']);
    expect(JSON.parse(unknown.err)).toMatchObject({
      type: 'urn:sluice:not_found',
      status: 404,
      detail: 'There is no such lane',
      requestId: expect.stringMatching(/.{8}/),
    });
    const some = await sluice('executions', 'cancel', '998', '999', '--yes', '--json');
    expect(JSON.parse(some.out)).toMatchObject({
      items: [],
      refused: [{ type: 'urn:sluice:not_found' }, { type: 'urn:sluice:not_found' }],
    });
    expect(JSON.parse(some.err)).toMatchObject({ detail: expect.stringContaining('999: There is no such') });
  });
});

describe('sluice executions', () => {
  it('lists, shows, cancels, releases and retries, many at once', async () => {
    const { pool, admin } = harness.database;
    const laneId = await seedLane(admin, { limit: 10, intervalMs: 60_000 });
    const ids = await take(pool, laneId, 6);
    const [failed] = await end(pool, laneId, 'failed', 1);

    expect((await sluice('executions', 'list', '--state', 'failed')).out).toContain('test: failed');
    const some = await sluice('executions', 'list', '--limit', '2');
    expect(some.err).toBe(`There are more: --after ${ids[4]}\n`);
    expect(await json('executions', 'list', '--lane', laneId, '--after', ids[4]!)).toMatchObject({
      items: { length: 4 },
      next: null,
    });

    expect((await sluice('executions', 'show', ids[5]!)).out).toMatch(/^ahead of it +4$/m);
    await sluice('lanes', 'pause', laneId, '--reason', 'partner is down');
    expect((await sluice('executions', 'show', ids[5]!)).out).toMatch(/^its lane +paused: partner is down$/m);
    await sluice('lanes', 'resume', laneId);
    expect((await sluice('executions', 'first', ids[5]!)).out).toContain(`${ids[5]} is the next of its lane`);
    expect((await sluice('executions', 'retry', failed!)).out).toContain(
      `${failed} waits again, expected in `,
    );

    const partly = await sluice('executions', 'cancel', ids[1]!, '999', ids[2]!, '--yes');
    expect(partly).toEqual({
      code: 1,
      out: `${ids[1]} will end as cancelled\n${ids[2]} will end as cancelled\n`,
      err: '999: There is no such execution\n',
    });
    expect((await sluice('executions', 'replay', ids[1]!)).err).toContain('rides in no workflow');
  });
});

describe('sluice portals and rates', () => {
  it('connect a portal by a token from a file, and show its budget', async () => {
    writeFileSync(path.join(cwd, 'token'), 'pat-canary-0123456789-62515\n');
    const connected = await sluice(
      'portals',
      'connect',
      '62515',
      '--token-file',
      path.join(cwd, 'token'),
      '--name',
      'Acme',
      '--json',
    );
    expect([connected.code, connected.out]).toEqual([0, expect.not.stringContaining('canary')]);
    expect((await sluice('portals', 'list')).out).toMatch(/^62515 +Acme +active +private_app/m);
    expect((await sluice('portals', 'show', '62515')).out).toMatch(/^state +active since/m);
    const budget = await sluice('portals', 'budget', '62515');
    expect(budget.out).toMatch(/^breaker +closed$/m);
    expect(budget.out).toMatch(/^HubSpot's day +-$/m);
    await harness.database.admin.query(
      `UPDATE portals SET day_limit = 1000, day_used = 805, day_ends_at = now() + interval '1 hour', day_read_at = now()
        WHERE portal_id = 62515`,
    );
    const later = await sluice('portals', 'budget', '62515');
    expect(later.out).toMatch(/^HubSpot's day +805 of 1000 \(80\.5 %\) until /m);
    expect(budget.out).toMatch(/^ten_secondly +110 \/ 10 s +0 +110 /m);
    const requests = await sluice('portals', 'requests', '62515', '--status', '4xx', '--json');
    expect(JSON.parse(requests.out)).toEqual({ items: [], next: null });
    expect((await sluice('portals', 'requests', '62515', '--status', '404')).code).toBe(2);
    expect((await sluice('portals', 'connect', '1', '--token-file', path.join(cwd, 'none'))).code).toBe(2);
  });

  it('set, list and delete rates', async () => {
    await seedLane(harness.database.admin, { portalId: 62515, limit: 1, intervalMs: 1000 });
    expect(await sluice('rates', 'set', '62515', '8', '100/10s')).toEqual({
      code: 0,
      out: '100 per 10 seconds for action 8 of portal 62515; 0 lanes changed\n',
      err: '',
    });
    expect((await sluice('rates', 'list', '--portal', '62515')).out).toMatch(
      /^62515 +8 +100 per 10 seconds/m,
    );
    expect(await json('rates', 'delete', '62515', '8', '--yes')).toEqual({ deleted: true });
    expect((await sluice('rates', 'delete', '62515', '8', '--yes')).code).toBe(1);
  });
});
