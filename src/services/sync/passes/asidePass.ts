import { z } from 'zod';
import { settledUntil } from '../../../db/sync/deletes.js';
import { writePassRecords } from '../../../db/sync/passRecords.js';
import { setAsideDue, triedAgain } from '../../../db/sync/setAside.js';
import { forWorkspace } from '../../../db/tenant.js';
import { mergedInto } from '../../../domain/crm/mirroredRecord.js';
import { associationsOfPage, writeAssociations } from '../associations.js';
import { whatBecameOf } from '../deletes/whatBecameOf.js';
import { writeGoneInPass } from '../deletes/writeGone.js';
import type { SyncPass } from './syncPass.js';

const HOUR_MS = 3_600_000;
/** Each of them is likely to be an error. */
const AT_ONCE = 20;

/**
 * Asks once more for records that were set aside, since HubSpot refuses to show them: each after one hour, two, four …,
 * and at last no more. It has no cursor: what is due stands with the type.
 */
export const asidePass: SyncPass<null> = {
  name: 'aside',
  everyMs: HOUR_MS,
  cursor: z.null(),
  async step(context) {
    const { reader, pool, clock, hubspot } = context;
    const db = forWorkspace(pool, reader.workspaceId);
    const room = await context.errorRoom();
    const ids = room < 1 ? [] : await setAsideDue(db, reader, Math.min(room, AT_ONCE));
    if (ids.length === 0) return { cursor: null, isThrough: true, seen: 0 };
    const readAt = new Date(clock.nowMs());
    const became = await whatBecameOf(hubspot, ids, {
      ...{ properties: await context.properties(), settledUntil: await settledUntil(db, reader) },
      ...{ readAt, room },
    });
    const { seen, archived, vanished, left } = became;
    const over = new Set([
      ...seen.flatMap((one) => [one.id, ...mergedInto(one)]),
      ...archived.map(({ id }) => id),
      ...vanished,
    ]);
    const associations = await associationsOfPage(
      { reader, pool, clock, hubspot },
      seen.map(({ id }) => id),
    );
    return {
      cursor: null,
      isThrough: false,
      seen: ids.length,
      isWide: true,
      async write(client) {
        const read = { readAt, source: 'aside' };
        let changed = await writeGoneInPass(client, reader, became, read);
        if (seen.length > 0) changed += await writePassRecords(client, reader, { seen, ...read });
        await writeAssociations(client, reader, associations);
        await triedAgain(client, reader, {
          over: ids.filter((id) => over.has(id)),
          refused: ids.filter((id) => !over.has(id) && !left.includes(id)),
        });
        return changed;
      },
    };
  },
};
