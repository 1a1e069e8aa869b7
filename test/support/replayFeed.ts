import type { StoredChange } from '../../src/db/crm/changes.js';
import type { ChangedValue } from '../../src/domain/crm/change.js';

type Values = Record<string, string>;

/** The records that somebody has who did what the feed says, by their ids, as numbers ascend. */
export function replayFeed(changes: readonly StoredChange[]): [id: string, values: Values][] {
  const records = new Map<string, Values>();
  for (const { recordId, action, changed, mergedIds } of changes) {
    if (action === 'Associated' || action === 'Dissociated') continue;
    for (const id of mergedIds ?? []) records.delete(id);
    if (action === 'Deleted' || action === 'Erased') {
      records.delete(recordId);
      continue;
    }
    const isDifference = action === 'Updated' || action === 'Merged';
    const values = isDifference ? { ...records.get(recordId) } : {};
    for (const [name, value] of Object.entries(changed as Record<string, string | ChangedValue>)) {
      const after = typeof value === 'string' ? value : value[1];
      if (after === null) delete values[name];
      else values[name] = after;
    }
    records.set(recordId, values);
  }
  return [...records].sort(([a], [b]) => (BigInt(a) < BigInt(b) ? -1 : 1));
}
