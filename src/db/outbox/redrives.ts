import type { Queryable } from '../pool.js';

export type RedriveKind = 'dead_letters' | 'dry_run';
export type RedriveState = 'running' | 'done' | 'cancelled' | 'failed';

/** Events that are put back on their way at a limited pace, as an operator asked for it. */
export interface Redrive {
  readonly id: string;
  readonly kind: RedriveKind;
  /** As it was asked for. */
  readonly filter: unknown;
  readonly perSecond: number;
  readonly state: RedriveState;
  /** How many there were when it was asked for. */
  readonly total: number;
  readonly moved: number;
  /** Validated again and still not understood: they stay dead letters, with the new reason. */
  readonly stillInvalid: number;
  readonly requestedBy: string;
  readonly createdAt: Date;
  readonly endedAt: Date | null;
  readonly reason: string | null;
}

const VIEW = `id, kind, filter, per_second AS "perSecond", state, total, moved, still_invalid AS "stillInvalid", requested_by AS "requestedBy",
  created_at AS "createdAt", ended_at AS "endedAt", reason`;

export async function createRedrive(
  client: Queryable,
  workspaceId: string,
  redrive: Pick<Redrive, 'kind' | 'filter' | 'perSecond' | 'total' | 'requestedBy'>,
): Promise<Redrive> {
  const { rows } = await client.query<Redrive>(
    `INSERT INTO outbox_redrives (workspace_id, kind, filter, per_second, state, total, requested_by)
     VALUES ($1, $2, $3::jsonb, $4, 'running', $5, $6) RETURNING ${VIEW}`,
    [
      workspaceId,
      redrive.kind,
      JSON.stringify(redrive.filter),
      redrive.perSecond,
      redrive.total,
      redrive.requestedBy,
    ],
  );
  if (!rows[0]) throw new Error('The redrive was not written');
  return rows[0];
}

/** Newest first. */
export async function listRedrives(
  db: Queryable,
  workspaceId: string,
  page: { after: string | undefined; limit: number },
): Promise<Redrive[]> {
  const { rows } = await db.query<Redrive>(
    `SELECT ${VIEW} FROM outbox_redrives
      WHERE workspace_id = $1
        AND ($2::uuid IS NULL
             OR (created_at, id) < (SELECT a.created_at, a.id FROM outbox_redrives a WHERE a.workspace_id = $1 AND a.id = $2))
      ORDER BY created_at DESC, id DESC LIMIT $3`,
    [workspaceId, page.after ?? null, page.limit],
  );
  return rows;
}

export async function findRedrive(
  db: Queryable,
  workspaceId: string,
  id: string,
): Promise<Redrive | undefined> {
  const { rows } = await db.query<Redrive>(
    `SELECT ${VIEW} FROM outbox_redrives WHERE workspace_id = $1 AND id = $2`,
    [workspaceId, id],
  );
  return rows[0];
}

export interface RunningRedrive extends Pick<
  Redrive,
  'id' | 'kind' | 'filter' | 'perSecond' | 'requestedBy'
> {
  readonly afterId: string;
}

/** The redrive for one page, locked until the transaction ends; undefined when it is over. */
export async function lockRedrive(client: Queryable, id: string): Promise<RunningRedrive | undefined> {
  const { rows } = await client.query<RunningRedrive>(
    `SELECT id, kind, filter, per_second AS "perSecond", after_id AS "afterId", requested_by AS "requestedBy" FROM outbox_redrives
      WHERE id = $1 AND state = 'running' FOR UPDATE`,
    [id],
  );
  return rows[0];
}

/** Notes for each event that the redrive took it up, and whether it went: part of what happened to it. */
export async function noteRedriven(
  client: Queryable,
  workspaceId: string,
  { id, kind, requestedBy }: Pick<RunningRedrive, 'id' | 'kind' | 'requestedBy'>,
  events: { readonly moved: readonly string[]; readonly kept: readonly string[] },
): Promise<void> {
  await client.query(
    `INSERT INTO outbox_redriven (event_id, redrive_id, workspace_id, kind, moved, requested_by)
     SELECT e, $1::uuid, $2::uuid, $3, true, $4 FROM unnest($5::bigint[]) e
      UNION ALL SELECT e, $1::uuid, $2::uuid, $3, false, $4 FROM unnest($6::bigint[]) e
     ON CONFLICT DO NOTHING`,
    [id, workspaceId, kind, requestedBy, events.moved, events.kept],
  );
}

/** Books a page in the transaction that moves it. */
export async function bookRedrive(
  client: Queryable,
  id: string,
  page: { moved: number; stillInvalid: number; afterId: string; over: boolean },
): Promise<void> {
  await client.query(
    `UPDATE outbox_redrives SET moved = moved + $2, still_invalid = still_invalid + $3, after_id = $4,
            state = CASE WHEN $5 THEN 'done' ELSE state END, ended_at = CASE WHEN $5 THEN clock_timestamp() END
      WHERE id = $1`,
    [id, page.moved, page.stillInvalid, page.afterId, page.over],
  );
}

/** Ends one that runs. False when it had ended before. */
export async function endRedrive(
  db: Queryable,
  id: string,
  state: 'cancelled' | 'failed',
  reason: string,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE outbox_redrives SET state = $2, reason = $3, ended_at = clock_timestamp() WHERE id = $1 AND state = 'running'`,
    [id, state, reason],
  );
  return rowCount === 1;
}

/** Redrives that run, and whose workflow may not have been started or may be gone. Of all workspaces. */
export async function redrivesToStart(db: Queryable): Promise<{ workspaceId: string; redriveId: string }[]> {
  const { rows } = await db.query<{ workspaceId: string; redriveId: string }>({
    name: 'outbox_redrives.to_start',
    text: 'SELECT workspace_id AS "workspaceId", redrive_id AS "redriveId" FROM outbox_redrives_to_start()',
  });
  return rows;
}
