import { groupedBy } from '../../../domain/groupedBy.js';
import { chunks } from '../../../domain/outbox/plan.js';
import type { LinkItem } from './rows.js';

/** Of so many records HubSpot shows the associations in a call. */
const MOST_READ = 1000;

/** What reads the labels of these pairs, all of a record together: what is added to one pair is added at once. */
export function labelReads(items: readonly LinkItem[]): LinkItem[][] {
  return chunks(byRecord(items), MOST_READ).map((records) => records.flat());
}

/** The same in two requests; none for those of one record. */
export function halves(items: readonly LinkItem[]): LinkItem[][] {
  const records = byRecord(items);
  if (records.length <= 1) return [];
  return chunks(records, Math.ceil(records.length / 2)).map((some) => some.flat());
}

const byRecord = (items: readonly LinkItem[]) => [...groupedBy(items, ({ pair }) => pair.from.id).values()];
