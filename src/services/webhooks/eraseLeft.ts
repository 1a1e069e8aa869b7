import { lockMirror } from '../../db/privacy/erasures.js';
import type { Pool } from '../../db/pool.js';
import { forWorkspace, inWorkspace } from '../../db/tenant.js';
import { askedErasure, endReads, type RecordLeft } from '../../db/webhooks/reads.js';
import { HUBSPOT_ERASES } from '../../domain/webhooks/hubspotErases.js';
import type { Eraser } from '../sync/syncContext.js';

interface Dependencies {
  readonly pool: Pool;
  readonly eraser: Eraser;
}

/**
 * Erases a record that HubSpot has erased for a person, whatever state its type and its portal are in; its erasure and
 * the end of what was asked for are one transaction. One that fails is put off by itself, for longer each time.
 * Returns how many were erased: none, if somebody else has done it.
 */
export async function eraseLeft({ pool, eraser }: Dependencies, left: RecordLeft): Promise<number> {
  const { workspaceId, recordId } = left;
  try {
    const erase = await eraser.prepare(workspaceId);
    return await inWorkspace(pool, workspaceId, async (client) => {
      await lockMirror(client, left);
      const asked = await askedErasure(client, left);
      if (!asked) return 0;
      await erase(client, left, HUBSPOT_ERASES);
      await endReads(client, left, [asked]);
      return 1;
    });
  } catch (error) {
    const db = forWorkspace(pool, workspaceId);
    const asked = await askedErasure(db, left);
    if (asked)
      await endReads(db, left, [asked], {
        ...{ recordIds: [recordId], errorClass: 'unhandled', message: 'It could not be erased' },
      });
    throw error;
  }
}
