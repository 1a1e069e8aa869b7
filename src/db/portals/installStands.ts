import type pg from 'pg';
import { lockPortal } from './lockPortal.js';

/** What has become of an install's link and account since: migrations/functions/portals/install_stands.sql. */
export type InstallStanding =
  'stands' | 'stored' | 'connected' | 'disconnected' | 'moved' | 'link_used' | 'not_here';

export interface InstallOnRecord {
  readonly workspaceId: string;
  readonly portalId: number;
  readonly linkId: string;
  /** When its state was used up, by the database's clock. */
  readonly usedAt: string;
}

/** As it stays until the caller's transaction ends. */
export async function installStands(
  client: pg.PoolClient,
  { workspaceId, portalId, linkId, usedAt }: InstallOnRecord,
): Promise<InstallStanding> {
  await lockPortal(client, portalId);
  const { rows } = await client.query<{ standing: InstallStanding }>({
    name: 'installs.stands',
    text: 'SELECT install_stands($1, $2, $3, $4) AS standing',
    values: [portalId, workspaceId, linkId, usedAt],
  });
  if (!rows[0]) throw new Error('What has become of an install was not said');
  return rows[0].standing;
}
