import { describe, expect, it } from '@jest/globals';
import { createClient } from '../../../src/sdk/client/client.js';
import { shellHelpers } from '../../../src/cli/shell/shellHelpers.js';
import { sluice } from './exampleApi.js';

type Example = Record<string, unknown> & { items: Record<string, unknown>[] };
const changed = (fields: object) => (example: unknown) => ({ ...(example as Example), ...fields });

describe('sluice records changes', () => {
  it('reads on until nothing follows or the limit is reached, and says which changes are of the first load', async () => {
    let pages = 0;
    const change = (example: unknown) => {
      pages += 1;
      const [item] = (example as Example).items;
      const items = Array.from({ length: 1000 }, () => ({ ...item, initial: pages === 1 }));
      return {
        ...(example as Example),
        items,
        next: `a.${pages}.1`,
        more: pages < 3,
        restored: pages === 1,
        expired: pages === 1,
      };
    };
    const all = await sluice(['records', 'changes', '--limit', '5000'], { change });
    expect([all.code, all.asked.length, all.out.trimEnd().split('\n').length]).toEqual([0, 3, 3001]);
    expect(all.out).toMatch(/^HAPPENED +PORTAL +TYPE +RECORD +ACTION +INITIAL +CHANGED\n.*Updated +yes /);
    expect(all.err).toMatch(
      /^The database was restored since: .*\nThat position is older .*\nGo on with --after a\.3\.1\n$/,
    );
    pages = 0;
    const some = await sluice(['records', 'changes', '--limit', '1500', '--json'], { change });
    expect(some.asked).toHaveLength(2);
    expect(JSON.parse(some.out)).toMatchObject({ next: 'a.2.1', more: true, restored: true });
  });
});

describe('a list of the mirror', () => {
  it.each([
    [['records', 'list', 'contacts', '--limit', '1'], '51'],
    [['sync', 'list', '--limit', '1'], '41000009/contacts'],
  ])('says how to go on where there is more: sluice %s', async (args, next) => {
    const { err } = await sluice(args, { change: changed({ next }) });
    expect(err).toBe(`There are more: --after ${next}\n`);
    expect((await sluice([...args, '--after', next])).code).toBe(0);
  });
});

describe('how a mirror stands', () => {
  const failing = (example: unknown) => ({
    ...(example as Example),
    ...{ reading: true, pause: { at: '2027-01-01T09:40:00.000Z', reason: null } },
    failure: { class: 'transient', message: 'HubSpot is away', inARow: 7 },
  });

  it('is shown with when it began, since when it is paused, and how often it failed', async () => {
    const { out } = await sluice(['sync', 'show', '62515', 'contacts'], { change: failing });
    expect(out).toMatch(/^started +2027-01-01T09:00:00\.000Z$/m);
    expect(out).toMatch(/^paused +2027-01-01T09:40:00\.000Z$/m);
    expect(out).toMatch(/^failed in a row +7$/m);
    expect(out).toMatch(/^because +HubSpot is away$/m);
    expect((await sluice(['sync', 'show', '62515', 'contacts'])).out).toMatch(/^because +-$/m);
  });

  it('is listed with whether it is being read, and numbers as numbers', async () => {
    const change = (example: unknown) => ({
      ...(example as Example),
      items: (example as Example).items.map(failing),
    });
    const [header = '', row = ''] = (await sluice(['sync', 'list'], { change })).out.split('\n');
    expect(header).toMatch(/^PORTAL +TYPE +STATE +READING +RECORDS /);
    expect(row).toMatch(/^41000009 +contacts +following +yes +5000 /);
    expect(row.indexOf('5000') + 4).toBe(header.indexOf('RECORDS') + 'RECORDS'.length);
  });
});

describe('the helpers of the shell', () => {
  it('have the records of a type, and what changed, which ends', async () => {
    const asked: string[] = [];
    const client = createClient({
      ...{ url: 'https://sluice.example.com', key: 'slc_test_1' },
      fetch: (async (request: Request) => {
        asked.push(request.url.replace('https://sluice.example.com', ''));
        return Response.json({
          items: [{ id: '51' }],
          next: request.url.includes('changes') ? 'a.1.1' : null,
        });
      }) as typeof fetch,
    });
    const { records, changes } = shellHelpers(client);
    expect(await records('contacts', { portalId: 7 })).toEqual([{ id: '51' }]);
    expect(await changes({ after: 'a.0.1' })).toEqual([{ id: '51' }]);
    expect(asked).toEqual(['/api/objects/contacts?portalId=7', '/api/changes?after=a.0.1&limit=1000']);
  });
});

describe('sluice sync', () => {
  const loading = (loaded: number) => (example: unknown) => ({
    ...(example as Example),
    ...{ state: loaded < 4000 ? 'loading' : 'following', loaded },
    progress:
      loaded < 4000
        ? { expected: 4000, share: loaded / 4000, perSecond: 250, endsAt: '2027-01-01T09:40:00.000Z' }
        : null,
  });

  it('start --wait says how far it is, with a bar, until all was read once', async () => {
    let asks = 0;
    const { code, err, out, asked } = await sluice(['sync', 'start', '62515', 'contacts', '--wait'], {
      change: (example) => loading((asks += 1) === 1 ? 1000 : 4000)(example),
    });
    expect(err).toBe(
      '██░░░░░░░░ 25 % · 1000 of 4000 records read · 250 a second · ends at 2027-01-01T09:40:00.000Z\n',
    );
    expect([code, asked.length]).toEqual([0, 2]);
    expect(out).toMatch(/^state +following$/m);
  });

  it('start --wait ends with 1 where it is held up, and says why', async () => {
    const { code, out } = await sluice(['sync', 'start', '62515', 'contacts', '--wait'], {
      change: changed({
        state: 'paused',
        pause: { at: '2027-01-01T09:40:00.000Z', reason: 'a scope is missing' },
      }),
    });
    expect(code).toBe(1);
    expect(out).toMatch(/^because +a scope is missing$/m);
  });

  const resync = {
    ...{ what: 'ids', since: null, askedAt: '2027-01-01T09:40:00.000Z', endedAt: null },
    ...{ read: 1, changed: 1, absent: 1, expected: 4, refused: null },
  };

  it.each([
    ['--all', { action: 'resync', all: true }],
    ['--since 2027-01-01T00:00:00Z', { action: 'resync', since: '2027-01-01T00:00:00Z' }],
    ['--ids 51,52', { action: 'resync', ids: ['51', '52'] }],
    ['--cancel', { action: 'cancel_resync' }],
  ])('resync %s asks for that, and shows how far it is', async (options, body) => {
    const { code, out, asked } = await sluice(
      ['sync', 'resync', '62515', 'contacts', ...options.split(' ')],
      {
        change: changed({ resync }),
      },
    );
    expect(code).toBe(0);
    expect(JSON.parse(asked[0]!.body)).toMatchObject(body);
    expect(out).toContain(
      'some by their ids, asked for at 2027-01-01T09:40:00.000Z: 1 read, 1 changed, 1 not found; under way',
    );
    expect(out).toMatch(/^done +█████░░░░░ 50 %$/m);
  });

  it('resync is not guessed: one of all, since, ids and cancel is said', async () => {
    for (const options of [[], ['--all', '--cancel']]) {
      const { code, err, asked } = await sluice(['sync', 'resync', '62515', 'contacts', ...options]);
      expect([code, asked.length]).toEqual([2, 0]);
      expect(err).toContain('Say one of --all, --since, --ids and --cancel');
    }
  });

  it('explain shows how the mirror came to a record, the state of its type, and its changes in the feed', async () => {
    const { out } = await sluice(['sync', 'explain', '62515', 'contacts', '51', '--wide']);
    expect(out).toMatch(/^read by +search$/m);
    expect(out).toMatch(/^version +2$/m);
    expect(out).toMatch(/^its type +following$/m);
    expect(out).toMatch(/Updated +no +2027-01-01T09:19:58\.000Z +city$/m);
    const missing = await sluice(['sync', 'explain', '62515', 'contacts', '51'], {
      change: changed({ record: null, mergedInto: '52', changes: [], complete: false }),
    });
    expect(missing.out).toMatch(/^merged into +52$/m);
    expect(missing.out).toMatch(/^in the mirror +no$/m);
    expect(missing.out).toContain('The feed may have older ones.');
  });

  it('status shows the first load with a bar, and what follows with its lag and its calls', async () => {
    const change = (example: unknown) => {
      const [item] = (example as Example).items;
      return { ...(example as Example), items: [loading(1000)(item), item] };
    };
    const { out } = await sluice(['sync', 'status', '--portal', '62515,62516'], { change });
    expect(out).toMatch(/^PORTAL +TYPE +STATE +DONE +RECORDS +PER S +ENDS +LAG S +CALLS +FAILED$/m);
    expect(out).toMatch(/loading +██░░░░░░░░ 25 % /);
    expect(out).toMatch(/following +- +5000 +- +- +140 +82 +0$/m);
  });
});
