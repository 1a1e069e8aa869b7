import type { ItemOf, ListPath, paths, QueryOf, SluiceClient } from '../../sdk/client/client.js';
import { readFeed } from '../crm/feed.js';

const RECORDS = '/api/objects/{objectType}';
type FeedQuery = NonNullable<paths['/api/changes']['get']['parameters']['query']>;

/** So many items at most does a helper read: what is shown is to be looked at. */
const MOST = 1000;

type PlainPath = Exclude<ListPath, `${string}{${string}`>;

async function someOf<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const some: Item[] = [];
  for await (const item of items) {
    some.push(item);
    if (some.length === MOST) break;
  }
  return some;
}

/** What is there by name in the shell. */
export function shellHelpers(client: SluiceClient) {
  const list =
    <Path extends PlainPath>(path: Path) =>
    (query?: QueryOf<Path>): Promise<ItemOf<Path>[]> =>
      someOf(client.each(path, ...([query] as never)));
  return {
    client,
    lanes: list('/api/lanes'),
    portals: list('/api/portals'),
    executions: list('/api/executions'),
    events: list('/api/events'),
    deadLetters: list('/api/outbox/dead-letters'),
    records: (objectType: string, query?: QueryOf<typeof RECORDS>) =>
      someOf(client.each(RECORDS, query, { objectType })),
    /** The oldest that are kept, or those after a position. */
    changes: async ({ after, limit = MOST }: FeedQuery = {}) => (await readFeed(client, after, limit)).items,
  };
}

export type ShellHelpers = ReturnType<typeof shellHelpers>;
