import { z } from 'zod';
import { noteCalculated } from '../../../db/sync/properties.js';
import type { SyncPass } from './syncPass.js';
import { nextValues } from './values.js';

const DAY_MS = 24 * 3_600_000;

const cursorSchema = z.object({
  /** When the round began, by the database's clock. */
  beganAt: z.iso.datetime(),
  /** The last record. */
  after: z.string().regex(/^\d{1,19}$/),
});
type Cursor = z.output<typeof cursorSchema>;

/**
 * Once a day the calculated properties of all records are read, and no others: HubSpot changes them without a new time
 * of modification, so no search shows them (docs/hubspot.md). A round costs a call for 100 records.
 */
export const calculatedPass: SyncPass<Cursor> = {
  name: 'calculated',
  everyMs: DAY_MS,
  cursor: cursorSchema,

  async step(context, cursor) {
    const { clock, reader, reading } = context;
    const { calculated } = await reading.kept();
    const { beganAt, after } = cursor ?? { beganAt: new Date(clock.nowMs()).toISOString(), after: '0' };
    const wanted = { names: calculated, dropping: [], source: 'calculated', initial: false };
    const { last, seen, write } =
      calculated.length === 0
        ? { last: undefined, seen: 0, write: undefined }
        : await nextValues(context, reader, after, wanted);
    if (last !== undefined) return { cursor: { beganAt, after: last }, isThrough: false, seen, write };
    return {
      ...{ cursor: null, isThrough: true, seen: 0 },
      async write(client) {
        await noteCalculated(client, reader, new Date(beganAt));
        return 0;
      },
    };
  },
};
