import type { BatchState } from './batchState.js';
import { missingRecord } from './missingRecord.js';
import type { RecordCache } from './recordCache.js';
import { emailOf, type EventRow } from './requestBuilders.js';

/** Sends custom or app events. A contact that is named by e-mail need not be looked up; all other records are. */
export function sendEvents(state: BatchState, cache: RecordCache, rows: readonly EventRow[]): void {
  if (rows.length === 0) return;
  const byId = rows.filter(({ operation }) => emailOf(operation.on) === undefined);
  state.lookUp(byId.map((row) => ({ row, target: row.operation.on })));
  state.then(() => {
    for (const row of byId)
      if (cache.idOf(row.operation.on) === undefined) state.fail(row, missingRecord(cache, row.operation.on));
    state.add(
      'send',
      rows.map((row) => ({ row })),
    );
  });
}
