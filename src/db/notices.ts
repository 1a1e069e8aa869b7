import type pg from 'pg';

export interface Notice {
  readonly workspaceId: string;
  /** `portal.connected`, `portal.reauth_required`, `portal.disconnected` … */
  readonly kind: string;
  readonly portalId?: number | undefined;
  /** Ids, counts and states; no personal data, no secrets. */
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Writes down what a workspace is to be told, as part of what it is told about: with a transaction of that workspace, or not at all. */
export async function notify(client: pg.PoolClient, notice: Notice): Promise<void> {
  const { workspaceId, kind, portalId, detail } = notice;
  await client.query({
    name: 'notices.add',
    text: 'INSERT INTO notices (workspace_id, kind, portal_id, detail) VALUES ($1, $2, $3, $4)',
    values: [workspaceId, kind, portalId ?? null, JSON.stringify(detail)],
  });
}
