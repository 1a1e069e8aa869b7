import type { Pool } from '../../db/pool.js';
import { AppError } from '../../platform/errors.js';
import { refuseUnknownPortal } from '../portals/refuseUnknownPortal.js';

/** Whether a workspace mirrors a type of a portal: the business of sync, handed over to who shows records. */
export type IsMirrored = (workspaceId: string, portalId: number, objectType: string) => Promise<boolean>;

interface Of {
  readonly workspaceId: string;
  readonly portalId: number;
  readonly objectType: string;
}

/** What is not mirrored is no empty list: says so, and what to do. */
export async function refuseUnmirrored(
  { pool, isMirrored }: { readonly pool: Pool; readonly isMirrored: IsMirrored },
  { workspaceId, portalId, objectType }: Of,
): Promise<void> {
  if (await isMirrored(workspaceId, portalId, objectType)) return;
  await refuseUnknownPortal(pool, workspaceId, [], portalId);
  throw notMirrored(portalId, objectType);
}

export function notMirrored(portalId: number, objectType: string): AppError {
  return new AppError(
    'not_found',
    `The ${objectType} of portal ${portalId} are not mirrored: npx sluice sync start ${portalId} ${objectType}`,
  );
}
