import type { Pool } from '../../db/pool.js';
import { AppError } from '../../platform/errors.js';
import type { Registry } from '../../sdk/outbox/registry/registry.js';
import { refuseUnknownPortal } from '../portals/refuseUnknownPortal.js';

interface Filter {
  readonly portalId?: number | null | undefined;
  readonly type?: string | undefined;
}

/**
 * Nothing matched: an error where the filter names a portal or a type of events that there is not. A type that nobody
 * declares any more is still found by what was captured of it.
 */
export async function refuseUnknownFilter(
  { pool, registry }: { readonly pool: Pool; readonly registry: Registry },
  workspaceId: string,
  found: readonly unknown[],
  { portalId, type }: Filter,
): Promise<void> {
  if (found.length > 0) return;
  await refuseUnknownPortal(pool, workspaceId, found, portalId);
  if (type !== undefined && !registry.find(type)) {
    const names = new Set(registry.list().map(({ name }) => name));
    throw new AppError(
      'not_found',
      `There is no such event type ${type}. There are ${[...names].join(', ')}`,
    );
  }
}
