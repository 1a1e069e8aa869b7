/** A page of a list: `next` is where the next one begins, null on the last. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

/**
 * Reads a page. One row more than `limit` is asked for, which tells whether there is another page: the last one says
 * so even when it is full.
 */
export async function readPage<Item>(
  limit: number,
  list: (limit: number) => Promise<readonly Item[]>,
  cursorOf: (last: Item) => string,
): Promise<Page<Item>> {
  const rows = await list(limit + 1);
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last !== undefined ? cursorOf(last) : null };
}
