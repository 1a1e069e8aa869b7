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
