import { given, type Answers, type Api } from '../api.js';

const PAGE = 1000;

/** What changed, until nothing follows yet, or up to `most`: a feed has no end. */
export async function readFeed(
  { get }: Pick<Api, 'get'>,
  after: string | undefined,
  most: number,
): Promise<Answers['RecordChangePage']> {
  const items: Answers['RecordChange'][] = [];
  let from = after;
  let restored = false;
  let expired = false;
  for (;;) {
    const limit = Math.min(PAGE, most - items.length);
    const page = await get('/api/changes', { params: { query: given({ after: from, limit }) } });
    items.push(...page.items);
    restored ||= page.restored;
    expired ||= page.expired;
    if (!page.more || items.length >= most) return { ...page, items, restored, expired };
    from = page.next;
  }
}
