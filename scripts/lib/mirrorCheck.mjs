import { callJson } from './http.mjs';
import { Trouble } from './trouble.mjs';

const PAGE = 100;

/**
 * Holds what the mirror has of a portal against the sandbox's own records: both types, and the contacts' companies.
 *
 * @param {{ sandboxUrl: string, apiUrl: string, apiKey: string, portalId: number }} options
 * @returns what the sandbox found, with the number of associations that the mirror has
 */
export async function compareMirror({ sandboxUrl, apiUrl, apiKey, portalId }) {
  const lines = [];
  const read = async (objectType, more = '') => {
    for (let after = ''; after !== null;) {
      const { items, next } = await callJson(
        'GET',
        `${apiUrl}/api/objects/${objectType}?portalId=${portalId}&limit=${PAGE}${more}${after}`,
        { apiKey },
      );
      for (const { id, properties, associations } of items) {
        lines.push(JSON.stringify({ portalId, objectType, id, properties }));
        if (associations) lines.push(...edgesOf({ portalId, id, companies: associations.companies }));
      }
      after = next === null ? null : `&after=${next}`;
    }
  };
  await read('companies');
  await read('contacts', '&associations=companies');

  const query = `portalId=${portalId}&types=contacts,companies&pairs=${encodeURIComponent('contacts>companies')}`;
  const answer = await fetch(`${sandboxUrl}/_sandbox/verify?${query}`, {
    method: 'POST',
    body: lines.join('\n'),
    headers: { 'content-type': 'application/x-ndjson' },
  });
  if (!answer.ok)
    throw new Trouble(`The comparison was answered ${answer.status}: ${(await answer.text()).slice(0, 500)}`);
  return answer.json();
}

/** The primary one is an association of its own. */
function edgesOf({ portalId, id, companies }) {
  return (companies?.items ?? []).flatMap((company) =>
    company.types.map(({ category, typeId, label }) =>
      JSON.stringify({
        ...{ portalId, fromType: 'contacts', fromId: id, toType: 'companies', toId: company.id },
        ...{ category, typeId, label },
      }),
    ),
  );
}
