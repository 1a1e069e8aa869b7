import type { ChangedValue } from './change.js';
import { inStoredForm, type Properties } from './mirroredRecord.js';
import { storeText } from './storedText.js';

/** What a read of some properties of a record showed, by HubSpot's names. */
export interface SeenValues {
  readonly names: readonly string[];
  readonly values: Readonly<Record<string, string | null | undefined>>;
}

export interface MergedValues {
  readonly properties: string;
  readonly hash: Buffer;
  /** What the feed is told; null: nothing. */
  readonly changed: string | null;
}

/**
 * A record's stored values without those that are kept no more, and with those that were read anew. That a property is
 * kept no more is no change of the record: the feed is told of what was read alone. Undefined: nothing is different.
 */
export function mergedValues(
  stored: Properties,
  dropping: readonly string[],
  seen: SeenValues | undefined,
): MergedValues | undefined {
  const values = new Map(Object.entries(stored));
  let isDifferent = false;
  for (const name of dropping) isDifferent = values.delete(name) || isDifferent;
  const changed: [string, ChangedValue][] = [];
  for (const name of seen?.names ?? []) {
    const value = seen?.values[name];
    // What HubSpot left out of its answer has vanished there: nothing follows for its values.
    if (value === undefined) continue;
    const key = storeText(name);
    const before = values.get(key) ?? null;
    const after = value === null || value === '' ? null : storeText(value);
    if (before === after) continue;
    if (after === null) values.delete(key);
    else values.set(key, after);
    changed.push([key, [before, after]]);
  }
  if (!isDifferent && changed.length === 0) return undefined;
  return {
    ...inStoredForm([...values]),
    changed: changed.length === 0 ? null : JSON.stringify(Object.fromEntries(changed)),
  };
}
