import { lockErasure, lockMirror, moveErasure } from '../../db/privacy/erasures.js';
import { erasePage, walkByKeys } from '../../db/privacy/personalRows.js';
import type { Pool } from '../../db/pool.js';
import { inWorkspace } from '../../db/tenant.js';
import { crashPoint } from '../../platform/crashPoint.js';
import type { Sealing } from '../../secrets/sealing.js';
import { unsealedPage, type Place } from './places.js';

interface Dependencies {
  readonly pool: Pool;
  readonly sealing: Pick<Sealing, 'open'>;
  readonly places: readonly Place[];
}

/**
 * Goes on with an erasure, a page in a transaction, place after place, until it is done or its time is over. A process
 * that dies has lost nothing: where it goes on is committed with the page. Two at once do each page once.
 */
export async function runErasure(
  deps: Dependencies,
  erasure: { readonly workspaceId: string; readonly id: string },
  hasTime: () => boolean,
): Promise<{ readonly done: boolean; readonly erased: number }> {
  let erased = 0;
  while (hasTime()) {
    const page = await erasePlace(deps, erasure);
    if (page === 'done') return { done: true, erased };
    crashPoint('privacy.erasure.page-erased');
    erased += page.erased;
  }
  return { done: false, erased };
}

async function erasePlace(
  { pool, sealing, places }: Dependencies,
  { workspaceId, id }: { readonly workspaceId: string; readonly id: string },
): Promise<'done' | { readonly erased: number }> {
  return inWorkspace(pool, workspaceId, async (client) => {
    const locked = await lockErasure(client, id);
    if (!locked) return 'done';
    const { record, place } = locked;
    // A place that this version does not know was another version's: it begins anew, and finds what is left.
    const at = Math.max(
      0,
      places.findIndex(({ name }) => name === place?.at),
    );
    const here = places[at];
    if (!here) throw new Error('There is no place to look at');
    const after = here.name === place?.at ? place.after : null;
    await walkByKeys(client);
    if (here.rows.ofMirror) await lockMirror(client, record);
    const unsealed = await unsealedPage({ sealing }, client, here, record, { after });
    const page = await erasePage(client, here.table, here.rows, record, { after, unsealed });
    const next = page.after === null ? places[at + 1] : here;
    await moveErasure(client, id, {
      ...{ table: here.table, erased: page.erased },
      place: next ? { at: next.name, after: page.after } : null,
    });
    return { erased: page.erased };
  });
}
