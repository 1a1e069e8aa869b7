import type { Row } from '../../../domain/outbox/plan.js';
import type { BatchState } from './batchState.js';
import { missingRecord } from './missingRecord.js';
import type { RecordCache } from './recordCache.js';
import { endsOf, type LinkItem } from './rows.js';

/** Associates the records of these rows; a row is done with the last of its pairs. */
export function linkRecords(state: BatchState, cache: RecordCache, rows: readonly Row[]): void {
  if (rows.length === 0) return;
  state.lookUp(
    rows.flatMap((row) =>
      endsOf(row).flatMap(({ from, to }) => [from, to].map((target) => ({ row, target }))),
    ),
  );
  state.then(() => {
    const items: LinkItem[] = [];
    for (const row of rows.filter((each) => state.isOpen(each)))
      state.alone(row, () => items.push(...pairsOf(row, state, cache)));
    state.link(items);
    state.then(() => rows.forEach((row) => state.done(row)));
  });
}

/** The pairs of a row; none, and a failure, when one of its records is not there. */
function pairsOf(row: Row, state: BatchState, cache: RecordCache): LinkItem[] {
  const pairs = endsOf(row).map(({ from, to, types }): LinkItem | undefined => {
    const fromId = cache.idOf(from);
    const toId = cache.idOf(to);
    if (fromId === undefined || toId === undefined) {
      const missing = fromId === undefined ? from : to;
      state.fail(row, missingRecord(cache, missing));
      return undefined;
    }
    const ends = {
      from: { objectType: from.objectType, id: fromId },
      to: { objectType: to.objectType, id: toId },
    };
    const areNew = row.operation.op === 'link' && row.operation.areNew;
    return { row, pair: { row, ...ends, ...(types && { types }), ...(areNew && { areNew }) } };
  });
  return pairs.every((pair) => pair !== undefined) ? pairs : [];
}
