import type { ItemOf, ListPath, QueryOf, SluiceClient } from '../../sdk/client/client.js';

/** So many items at most does a helper read: what is shown is to be looked at. */
const MOST = 1000;

/** What is there by name in the shell. */
export function shellHelpers(client: SluiceClient) {
  const list =
    <Path extends ListPath>(path: Path) =>
    async (query?: QueryOf<Path>): Promise<ItemOf<Path>[]> => {
      const items: ItemOf<Path>[] = [];
      for await (const item of client.each(path, query)) {
        items.push(item);
        if (items.length === MOST) break;
      }
      return items;
    };
  return {
    client,
    lanes: list('/api/lanes'),
    portals: list('/api/portals'),
    executions: list('/api/executions'),
    events: list('/api/events'),
    deadLetters: list('/api/outbox/dead-letters'),
  };
}

export type ShellHelpers = ReturnType<typeof shellHelpers>;
