import type { Stack } from '../support/stack.js';

/* HubSpot's API, as somebody calls it who looks at the account. */

/** Comes again where the portal's limit is used up. */
export async function askHubSpot<T>(
  stack: Stack,
  accessToken: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<T> {
  const answer = await fetch(`${stack.sandboxProcess.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${accessToken}`,
      'content-type': 'application/json',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (answer.status === 429) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    return askHubSpot(stack, accessToken, method, path, body);
  }
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

export interface RecordAtHubSpot {
  readonly id: string;
  readonly properties: Readonly<Record<string, string | null>>;
  readonly associations?: Readonly<Record<string, { readonly results: readonly { readonly id: string }[] }>>;
}

/** All records of a type; `query` says with which properties and associations. */
export async function recordsAtHubSpot(
  stack: Stack,
  accessToken: string,
  objectType: string,
  query: string,
): Promise<RecordAtHubSpot[]> {
  const found: RecordAtHubSpot[] = [];
  for (let after = ''; ;) {
    const page = await askHubSpot<{ results: RecordAtHubSpot[]; paging?: { next?: { after: string } } }>(
      stack,
      accessToken,
      'GET',
      `/crm/objects/2026-03/${objectType}?limit=100&${query}${after && `&after=${after}`}`,
    );
    found.push(...page.results);
    if (page.paging?.next === undefined) return found;
    after = page.paging.next.after;
  }
}
