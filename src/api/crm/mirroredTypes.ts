import type { Pool } from '../../db/pool.js';
import { AppError } from '../../platform/errors.js';
import { refuseUnknownPortal } from '../portals/refuseUnknownPortal.js';

interface Of {
  readonly workspaceId: string;
  readonly portalId: number;
  readonly objectType: string;
}

/** What whoever shows records has to know of the mirror that they are in. */
export interface MirrorState {
  /** Records that are not in the recycle bin. */
  readonly records: number;
  /** For so long it has not been seen to have what HubSpot has; null while it is loaded for the first time. */
  readonly ageSeconds: number | null;
}

/** A workspace's mirror of a type of a portal: the business of sync, handed over to who shows records. */
export type FindMirror = (of: Of) => Promise<MirrorState | undefined>;

/** What is not mirrored is no empty list: says so, and what to do. */
export async function mirrorOf(
  { pool, findMirror }: { readonly pool: Pool; readonly findMirror: FindMirror },
  of: Of,
): Promise<MirrorState> {
  const found = await findMirror(of);
  if (found) return found;
  await refuseUnknownPortal(pool, of.workspaceId, [], of.portalId);
  throw notMirrored(of.portalId, of.objectType);
}

export function notMirrored(portalId: number, objectType: string): AppError {
  return new AppError(
    'not_found',
    `The ${objectType} of portal ${portalId} are not mirrored: npx sluice sync start ${portalId} ${objectType}`,
  );
}
