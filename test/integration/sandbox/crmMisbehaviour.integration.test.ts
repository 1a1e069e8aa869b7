import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startCrm, type CrmHarness } from './crmHarness.js';
import { eventually, PORTAL } from './harness.js';

let crm: CrmHarness;
beforeEach(async () => {
  crm = await startCrm();
});
afterEach(() => crm.close());

interface Row {
  id: string;
  properties: Record<string, string>;
}
interface Found {
  total: number;
  results: Row[];
  paging?: { next: { after: string } };
}

const seed = (count: number) =>
  crm.control('POST', `/portals/${PORTAL}/crm/contacts/seed`, { count, properties: { firstname: 'N{n}' } });
const misbehave = (how: Record<string, unknown>) =>
  crm.control('PUT', `/portals/${PORTAL}/crm/contacts/misbehaviour`, how);
const modified = (operator: string, value: string | number) => ({
  propertyName: 'lastmodifieddate',
  operator,
  value: String(value),
});
const search = async (body: Record<string, unknown>) => {
  const answer = await crm.search('contacts', body);
  expect(answer.status).toBe(200);
  return answer.body as Found;
};
/** All pages, as a reader follows them who ends only where no page follows. */
async function pagesOf(body: Record<string, unknown>): Promise<Found[]> {
  const pages = [await search(body)];
  for (let next = pages[0]?.paging; next; next = pages.at(-1)?.paging) {
    pages.push(await search({ ...body, after: next.next.after }));
  }
  return pages;
}
const idsOf = (pages: Found[]) => pages.flatMap(({ results }) => results.map(({ id }) => id));
const ascending = (ids: readonly string[]) => [...ids].sort((a, b) => Number(a) - Number(b));
const laterThan = (ms: number) => eventually(() => Date.now() > ms);

describe('a time in a filter', () => {
  const status = async (filter: Record<string, unknown>) =>
    (await crm.search('contacts', { filterGroups: [{ filters: [filter] }] })).status;

  it.each(['2026-01-01', '2026-01-01T00:00:00Z', 'yesterday', '1.79e12'])(
    'that is no number of milliseconds is refused: %s',
    async (value) => {
      expect(await status(modified('GTE', value))).toBe(400);
      expect(await status({ ...modified('BETWEEN', 1), highValue: value })).toBe(400);
      expect(await status({ propertyName: 'closedate', operator: 'IN', values: [value] })).toBe(400);
    },
  );

  it('that is 1970 itself makes HubSpot fail, one millisecond later does not', async () => {
    expect(await status(modified('GTE', 0))).toBe(500);
    expect(await status({ ...modified('BETWEEN', 1), highValue: '0' })).toBe(500);
    expect(await status(modified('GTE', 1))).toBe(200);
  });
});

describe('a search that misbehaves', () => {
  it('has pages shorter than asked for, and all hits on the way to the last', async () => {
    await seed(90);
    const all = idsOf(await pagesOf({ limit: 100 }));
    await misbehave({ shortPages: true });
    const pages = await pagesOf({ limit: 20 });
    for (const { results } of pages) expect(results.length).toBeLessThan(20);
    expect(idsOf(pages)).toEqual(all);
  });

  it('has pages without hits that are not the last', async () => {
    await seed(50);
    await misbehave({ emptyPages: true });
    const pages = await pagesOf({ limit: 20 });
    expect(pages.map(({ results }) => results.length)).toEqual([20, 0, 20, 0, 10]);
    expect(new Set(idsOf(pages)).size).toBe(50);
  });

  it('has hits out of order, the same ones each time', async () => {
    await seed(100);
    const inOrder = idsOf(await pagesOf({ limit: 10 }));
    await misbehave({ outOfOrder: true });
    const mixed = idsOf(await pagesOf({ limit: 10 }));
    expect(mixed).not.toEqual(inOrder);
    expect(ascending(mixed)).toEqual(inOrder);
    expect(idsOf(await pagesOf({ limit: 10 }))).toEqual(mixed);
  });

  it('has hits from before and after the times it was asked for, and all that it was asked for', async () => {
    const times: number[] = [];
    for (const size of [5, 7, 6]) {
      await seed(size);
      await laterThan(Date.now());
      times.push(Date.now());
      await laterThan(times.at(-1)!);
    }
    const [first, second] = times as [number, number];
    const filters = [modified('GT', first), modified('LTE', second)];
    const sorts = [{ propertyName: 'lastmodifieddate', direction: 'ASCENDING' }];
    const body = { filterGroups: [{ filters }], sorts, properties: ['lastmodifieddate'], limit: 5 };
    const asked = idsOf(await pagesOf(body));
    expect(asked).toHaveLength(7);
    const outsideOf = async (outside: string) => {
      await misbehave({ outside });
      const rows = (await pagesOf(body)).flatMap(({ results }) => results);
      expect(rows.map(({ id }) => id)).toEqual(expect.arrayContaining(asked));
      const strangers = rows.filter(({ id }) => !asked.includes(id));
      return strangers.map(({ properties }) =>
        Date.parse(properties.lastmodifieddate!) <= first ? 'older' : 'newer',
      );
    };
    expect(await outsideOf('older')).toEqual(['older', 'older', 'older']);
    expect(await outsideOf('newer')).toEqual(['newer', 'newer', 'newer']);
    expect((await outsideOf('both')).sort()).toEqual([...Array(3).fill('newer'), ...Array(3).fill('older')]);
  });

  it('has ids that do not ascend, so that only ranges of them find all', async () => {
    await seed(120);
    const all = idsOf(await pagesOf({ limit: 200 }));
    await misbehave({ ids: 'scattered' });
    const sorts = [{ propertyName: 'hs_object_id', direction: 'ASCENDING' }];
    const [page] = await pagesOf({ limit: 200, sorts });
    expect(idsOf([page!])).not.toEqual(all);
    const middle = all[60]!;
    const range = (operator: string) => {
      const filters = [{ propertyName: 'hs_object_id', operator, value: middle }];
      return pagesOf({ limit: 200, sorts, filterGroups: [{ filters }] });
    };
    expect(ascending([...idsOf(await range('LT')), ...idsOf(await range('GTE'))])).toEqual(all);
  });

  it.each([
    ['zero', 0],
    ['low', 20],
    ['high', 81],
    ['right', 40],
  ])('says a total that is %s', async (totals, expected) => {
    await seed(40);
    await misbehave({ totals });
    const [page] = await pagesOf({ limit: 40 });
    expect([page!.total, page!.results.length]).toEqual([expected, 40]);
  });

  it('behaves again when it is told to', async () => {
    await seed(30);
    await misbehave({ shortPages: true, emptyPages: true, totals: 'zero' });
    expect((await misbehave({})).status).toBe(200);
    expect((await pagesOf({ limit: 10 })).map(({ results }) => results.length)).toEqual([10, 10, 10]);
  });
});

describe('a list that misbehaves', () => {
  async function listed(limit: number) {
    const ids: string[][] = [];
    for (let after: string | undefined = '0'; after !== undefined;) {
      const { body } = await crm.get(`${crm.objects('contacts')}?limit=${limit}&after=${after}`);
      ids.push((body.results as Row[]).map(({ id }) => id));
      after = body.paging?.next.after as string | undefined;
    }
    return ids;
  }

  it('has short pages, and ids that do not ascend; all records are on the way to its end', async () => {
    await seed(45);
    const all = (await listed(100)).flat();
    await misbehave({ shortPages: true });
    const short = await listed(20);
    expect(short.map((page) => page.length)).toEqual([10, 10, 10, 10, 5]);
    expect(short.flat()).toEqual(all);
    await misbehave({ ids: 'scattered' });
    const mixed = (await listed(20)).flat();
    expect(mixed).not.toEqual(all);
    expect(ascending(mixed)).toEqual(all);
  });
});
