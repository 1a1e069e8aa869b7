import type { Pool } from '../../db/pool.js';
import { findSync, type SyncView } from '../../db/sync/views.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { eachAlone } from '../../platform/eachAlone.js';
import type { Logger } from '../../platform/logger.js';
import type { SyncStarter } from '../../temporal/sync/starter.js';
import { typesNamed } from '../crm/namedType.js';
import { notMirrored } from '../crm/mirroredTypes.js';
import { inAuditedTransaction } from '../http/auditRequest.js';
import { notFound } from '../http/input.js';
import type { Caller } from '../http/operation.js';
import { refusePortal } from './refusePortal.js';
import { applyChange, type SyncChange } from './syncChange.js';

export interface SyncDependencies {
  readonly pool: Pool;
  readonly temporal: Pick<SyncStarter, 'startSync'>;
  readonly logger: Logger;
}

/** Does what an operator asks of the mirror of a type, on the record, and has it read at once. */
export async function changeMirror(
  deps: SyncDependencies,
  caller: Caller,
  { portalId, objectType }: { readonly portalId: number; readonly objectType: string },
  change: SyncChange,
): Promise<SyncView> {
  const { pool, temporal, logger } = deps;
  const { action } = change;
  const object = { workspaceId: caller.workspaceId, portalId, objectType };
  const asked = change.associations
    ? { ...change, associations: await typesNamed(pool, object, change.associations, 'associations') }
    : change;
  const changed = await inAuditedTransaction(deps, caller, async (client, note) => {
    const known = await findSync(client, object.workspaceId, portalId, objectType);
    if (!known || action !== 'pause') await refusePortal(client, portalId);
    if (!known && action !== 'start') throw notMirrored(portalId, objectType);
    await applyChange(client, object, asked, known);
    const { properties } = asked;
    const chosen = properties && { mode: properties.mode, names: properties.names?.length ?? 0 };
    note(`sync.${action}`, { portalId, objectType, ...(action === 'start' && chosen) });
    return findSync(client, object.workspaceId, portalId, objectType);
  });
  if (!changed) throw notFound('sync');
  if (action !== 'pause') {
    crashPoint('sync.start.committed');
    // A worker starts it within seconds where Temporal is away.
    const { failures } = await eachAlone([object], 'start of a sync', (one) =>
      temporal.startSync(one).then(() => 1),
    );
    for (const error of failures) logger.warn('A sync is started by a worker, within seconds', { error });
  }
  return changed;
}
