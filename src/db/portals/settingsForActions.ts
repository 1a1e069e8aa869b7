import type { Queryable } from '../pool.js';

/*
 * What portals have set for actions (`settings` of a definition): a row for each portal that has set anything, with all
 * its values as one sealed text.
 */

export interface StoredSettings {
  /** Sealed with its encryption context (secrets/encryptionContext.ts). */
  readonly sealedValues: string;
  readonly version: number;
  readonly updatedAt: Date;
}

/** Undefined: the portal has set nothing. */
export async function readSettings(db: Queryable, portalId: number): Promise<StoredSettings | undefined> {
  const { rows } = await db.query<StoredSettings>({
    name: 'portal_settings.read',
    text: `SELECT sealed_values AS "sealedValues", version, updated_at AS "updatedAt"
             FROM portal_settings WHERE portal_id = $1 AND workspace_id = ANY (tenant_workspaces())`,
    values: [portalId],
  });
  return rows[0];
}

/** `gone`: the portal is disconnected, or being so. `overtaken`: somebody else has changed them since. */
export type SettingsStored = 'stored' | 'gone' | 'overtaken';

/**
 * Stores them in the place of those of this version (0: there were none). In a transaction: until its end the portal
 * cannot be disconnected, which would leave them behind.
 */
export async function storeSettings(
  client: Queryable,
  { workspaceId, portalId }: { readonly workspaceId: string; readonly portalId: number },
  version: number,
  sealedValues: string,
): Promise<SettingsStored> {
  if (!(await holdConnected(client, portalId))) return 'gone';
  const { rowCount } = await client.query(
    version === 0
      ? {
          name: 'portal_settings.insert',
          text: `INSERT INTO portal_settings (portal_id, workspace_id, sealed_values, version)
                 VALUES ($1, $2, $3, 1) ON CONFLICT DO NOTHING`,
          values: [portalId, workspaceId, sealedValues],
        }
      : {
          name: 'portal_settings.update',
          text: `UPDATE portal_settings
                    SET sealed_values = $3, version = version + 1, updated_at = clock_timestamp()
                  WHERE portal_id = $1 AND workspace_id = $2 AND version = $4`,
          values: [portalId, workspaceId, sealedValues, version],
        },
  );
  return rowCount === 1 ? 'stored' : 'overtaken';
}

async function holdConnected(client: Queryable, portalId: number): Promise<boolean> {
  const { rowCount } = await client.query({
    name: 'portal_settings.hold_portal',
    text: `SELECT FROM portals
            WHERE portal_id = $1 AND workspace_id = ANY (tenant_workspaces())
              AND state IN ('active', 'reauth_required') FOR SHARE`,
    values: [portalId],
  });
  return rowCount === 1;
}

/** Takes them all away, where they are still of this version. False: they are not. */
export async function deleteSettings(client: Queryable, portalId: number, version: number): Promise<boolean> {
  const { rowCount } = await client.query({
    name: 'portal_settings.delete',
    text: `DELETE FROM portal_settings
            WHERE portal_id = $1 AND workspace_id = ANY (tenant_workspaces()) AND version = $2`,
    values: [portalId, version],
  });
  return rowCount === 1;
}

/** Of a portal that is disconnected: nothing of them is kept. */
export async function forgetSettings(client: Queryable, portalId: number): Promise<void> {
  await client.query({
    name: 'portal_settings.forget',
    text: 'DELETE FROM portal_settings WHERE portal_id = $1 AND workspace_id = ANY (tenant_workspaces())',
    values: [portalId],
  });
}
