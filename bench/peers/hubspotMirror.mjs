import { Client } from '@hubspot/api-client';

/**
 * HubSpot's official client as its README and HubSpot's guide to searches show it: all records by `getAll`, then what
 * was modified since by a search, page by page. A search ends at 10,000 results: it begins anew at the newest time that
 * it has seen, and gives up where that leads nowhere. Rows go to stdout, in the form of Singer's taps.
 */
const [basePath, accessToken, state] = process.argv.slice(2);
const since = state === undefined ? {} : JSON.parse(state);
const client = new Client({ accessToken, basePath, numberOfApiRetries: 3 });
const TYPES = [
  { name: 'contacts', other: 'companies', modified: 'lastmodifieddate' },
  { name: 'companies', other: 'contacts', modified: 'hs_lastmodifieddate' },
];
const SEARCH_PAGE = 200;
const SEARCH_ENDS_AT = 10_000;

const say = (message) => void process.stdout.write(`${JSON.stringify(message)}\n`);

for (const { name, other, modified } of TYPES) {
  const { results } = await client.crm.properties.coreApi.getAll(name);
  const properties = results.map((property) => property.name);
  const seen = { newest: since[name] ?? 0 };
  const show = (records) => {
    for (const record of records) {
      seen.newest = Math.max(seen.newest, Date.parse(record.properties[modified]));
      say({ type: 'RECORD', stream: name, record });
    }
  };
  if (since[name] === undefined)
    show(await client.crm[name].getAll(undefined, undefined, properties, undefined, [other]));
  else await searchSince(name, properties, modified, seen, show);
  say({ type: 'STATE', value: { [name]: seen.newest } });
}

async function searchSince(name, properties, modified, seen, show) {
  for (;;) {
    const from = seen.newest;
    let after = '0';
    while (after !== undefined && Number(after) + SEARCH_PAGE <= SEARCH_ENDS_AT) {
      const page = await client.crm[name].searchApi.doSearch({
        filterGroups: [{ filters: [{ propertyName: modified, operator: 'GTE', value: String(from) }] }],
        sorts: [{ propertyName: modified, direction: 'ASCENDING' }],
        properties,
        limit: SEARCH_PAGE,
        after,
      });
      show(page.results);
      after = page.paging?.next?.after;
    }
    if (after === undefined || seen.newest === from) return;
  }
}
