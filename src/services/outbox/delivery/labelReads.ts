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

function byRecord(items: readonly LinkItem[]): LinkItem[][] {
  const records = new Map<string, LinkItem[]>();
  for (const item of items) {
    const { id } = item.pair.from;
    records.set(id, [...(records.get(id) ?? []), item]);
  }
  return [...records.values()];
}
