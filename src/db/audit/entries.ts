import type { Pool } from '../pool.js';
import { forWorkspace } from '../tenant.js';

/** An entry of the audit chain, as people read it. */
export interface AuditView {
  readonly seq: string;
  readonly at: Date;
  readonly actor: string;
  readonly operation: string;
  readonly portalId: string | null;
  readonly subject: Record<string, unknown>;
  readonly result: string;
  readonly hash: string;
}

export interface AuditFilter {
  readonly operation?: string | undefined;
  readonly portalId?: number | undefined;
  readonly actor?: string | undefined;
  readonly since?: Date | undefined;
  /** The `seq` of the last one of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** Entries of a workspace, newest first. */
export async function listAuditEntries(
  pool: Pool,
  workspaceId: string,
  filter: AuditFilter,
): Promise<AuditView[]> {
  const { operation, portalId, actor, since, after, limit } = filter;
  const { rows } = await forWorkspace(pool, workspaceId).query<AuditView>(
    `SELECT seq, at, actor, operation, portal_id AS "portalId", subject, result, encode(hash, 'hex') AS hash
       FROM audit_entries
      WHERE workspace_id = $1 AND ($2::text IS NULL OR operation = $2) AND ($3::bigint IS NULL OR portal_id = $3)
        AND ($4::text IS NULL OR actor = $4) AND ($5::timestamptz IS NULL OR at >= $5)
        AND ($6::bigint IS NULL OR seq < $6)
      ORDER BY seq DESC LIMIT $7`,
    [workspaceId, operation ?? null, portalId ?? null, actor ?? null, since ?? null, after ?? null, limit],
  );
  return rows;
}
