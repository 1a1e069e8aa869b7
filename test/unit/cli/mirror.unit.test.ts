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

describe('sluice records changes --follow', () => {
  it('prints each change as it comes, waits where nothing follows yet, and says where to go on', async () => {
    let pages = 0;
    const change = (example: unknown) => {
      pages += 1;
      const { items } = example as Example;
      return { ...(example as Example), items: pages === 2 ? [] : items, next: `a.${pages}.1`, more: false };
    };
    const followed = await sluice(['records', 'changes', '--follow', '--limit', '2', '--json'], { change });
    expect(followed.asked).toHaveLength(3);
    const lines = followed.out.trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { action: string }).action)).toEqual([
      'Updated',
      'Updated',
    ]);
    expect(followed.err).toBe('Go on with --after a.3.1\n');
    const shown = await sluice(['records', 'changes', '--follow', '--limit', '1']);
    expect(shown.out).toMatch(/^\S+ {2}41000009 {2}contacts {2}51 {2}Updated {2}city\n$/);
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

describe('deletes that are held', () => {
  const held = (example: unknown) => ({
    ...(example as Example),
    heldDeletes: 140,
    ...((example as Example).items && {
      items: [
        ...(example as Example).items,
        { ...(example as Example).items[0], objectType: 'deals', heldDeletes: 140 },
      ],
    }),
  });

  it('are listed by portal and type, without the types that have none', async () => {
    const { out } = await sluice(['sync', 'deletes'], { change: held });
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => line.split(/ {2,}/)),
    ).toEqual([
      ['PORTAL', 'TYPE', 'HELD DELETES', 'OF RECORDS'],
      ['41000009', 'deals', '140', '5000'],
    ]);
    expect((await sluice(['sync', 'status'], { change: held })).out).toMatch(/HELD\n.* 0\n.* 140\n$/);
  });

  it.each([
    ['release-deletes', 'release_deletes', 'Takes out of the mirror, and tells of, 140 held deletes'],
    ['refuse-deletes', 'refuse_deletes', 'Keeps in the mirror the records of 140 held deletes'],
  ])('are decided on by sync %s, which says how many there are, and asks', async (verb, action, does) => {
    const args = ['sync', verb, '62515', 'contacts'];
    const questions: string[] = [];
    const ask = (answer: string) => (question: string) => {
      questions.push(question);
      return Promise.resolve(answer);
    };
    const no = await sluice(args, { change: held, ask: ask('n') });
    expect([no.code, no.asked.map(({ operation }) => operation)]).toEqual([1, ['showSync']]);
    expect(no.err).toContain(`${does} of contacts of portal 62515`);
    const yes = await sluice(args, { change: held, ask: ask('y') });
    expect(yes.code).toBe(0);
    expect(yes.asked.at(-1)).toMatchObject({ operation: 'changeSync', body: JSON.stringify({ action }) });
    expect(questions).toHaveLength(2);
  });
});

describe('erasures that are in doubt', () => {
  const unsure = (example: unknown) => {
    const erasuresUnsure = { since: '2027-01-01T09:30:00.000Z', count: 102, records: ['51', '52'] };
    const { items, ...more } = example as Example;
    return items
      ? { ...more, items: [...items, { ...items[0], portalId: 62515, erasuresUnsure }] }
      : { ...more, erasuresUnsure };
  };

  it('are listed with the first contacts of each portal, without those that have none', async () => {
    const { out } = await sluice(['sync', 'erasures'], { change: unsure });
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => line.split(/ {2,}/)),
    ).toEqual([
      ['PORTAL', 'TYPE', 'IN DOUBT', 'SINCE', 'FIRST OF THEM'],
      ['62515', 'contacts', '102', expect.stringMatching(/ d/), '51 52'],
    ]);
    const { out: sheet } = await sluice(['sync', 'show', '62515', 'contacts'], { change: unsure });
    expect(sheet).toMatch(/erasures in doubt +102 records since \S+Z: 51, 52 …/);
  });

  it('are settled by a person, who is told how many they are and asked', async () => {
    const args = ['sync', 'settle-erasures', '62515', 'contacts'];
    const answering = (answer: string) => () => Promise.resolve(answer);
    const no = await sluice(args, { change: unsure, ask: answering('n') });
    expect([no.code, no.asked.map(({ operation }) => operation)]).toEqual([1, ['showSync']]);
    expect(no.err).toMatch(/Leaves as deletes.* contacts of portal 62515\n {2}51\n {2}52\n {2}and 100 more/);
    const yes = await sluice(args, { change: unsure, ask: answering('y') });
    expect(yes.code).toBe(0);
    const body = JSON.stringify({ action: 'settle_erasures' });
    expect(yes.asked.at(-1)).toMatchObject({ operation: 'changeSync', body });
  });
});

describe('the dry run of a start', () => {
  it('is shown with its calls, how long it takes at least, and its share of the day; nothing else is asked for', async () => {
    const estimate = {
      ...{ dryRun: true, portalId: 62515, objectType: 'contacts', records: 250_000, hours: 2.5 },
      calls: { lists: 2500, values: 2500, associations: 250, total: 5258 },
      day: { limit: 500_000, used: 41_000, share: 0.0105, endsAt: '2027-01-02T00:00:00.000Z' },
      ...{ properties: { count: 900, calculated: 31 }, associations: ['companies'] },
      scopes: {
        needed: ['crm.objects.contacts.read'],
        missing: ['crm.objects.contacts.read'],
        sensitive: [],
      },
    };
    const args = ['sync', 'start', '62515', 'contacts', '--dry-run'];
    const { code, out, asked } = await sluice(args, { change: () => estimate });
    expect(code).toBe(0);
    expect(asked.map(({ body }) => body)).toEqual([JSON.stringify({ action: 'start', dryRun: true })]);
    expect(out).toMatch(/^records +about 250000$/m);
    expect(out).toMatch(
      /^HubSpot calls +about 5258: 2500 lists, 2500 batches of values, 250 for associations$/m,
    );
    expect(out).toMatch(/^takes +2 h 30 min at least/m);
    expect(out).toMatch(/^of the day +1 % of 500000 calls, of which 41000 were used$/m);
    expect(out).toMatch(/^which is missing +crm\.objects\.contacts\.read$/m);
    const unknown = await sluice(args, { change: () => ({ ...estimate, day: null }) });
    expect(unknown.out).toMatch(/^of the day +HubSpot does not tell/m);
    expect((await sluice([...args, '--json'], { change: () => estimate })).out).toBe(
      `${JSON.stringify(estimate, null, 2)}\n`,
    );
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
    expect(out).toMatch(/^PORTAL +TYPE +STATE +DONE +RECORDS +PER S +ENDS +LAG S +CALLS +FAILED +HELD$/m);
    expect(out).toMatch(/loading +██░░░░░░░░ 25 % /);
    expect(out).toMatch(/following +- +5000 +- +- +140 +82 +0 +0$/m);
  });
});
