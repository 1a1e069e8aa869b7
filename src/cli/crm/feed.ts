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

/** So long a request waits for what follows. */
const WAIT_SECONDS = 20;

/** The feed page by page, as it comes: it waits where nothing follows yet, and ends with `most` changes. */
export async function* followFeed(
  { get }: Pick<Api, 'get'>,
  after: string | undefined,
  most: number,
): AsyncGenerator<Answers['RecordChangePage'], void> {
  let from = after;
  for (let left = most; left > 0;) {
    const query = given({ after: from, limit: Math.min(PAGE, left), wait: WAIT_SECONDS });
    const page = await get('/api/changes', { params: { query } });
    yield page;
    left -= page.items.length;
    from = page.next;
  }
}
