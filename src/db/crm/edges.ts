import type { Queryable } from '../pool.js';

interface Of {
  readonly workspaceId: string;
  readonly portalId: number;
  readonly objectType: string;
}

/** An association of a record, as HubSpot shows it from that record's side. */
export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly category: string;
  readonly typeId: number;
  /** As it is stored (domain/crm/storedText.ts). Null: the type that every association has. */
  readonly label: string | null;
}

/** All that records have with records of one other type. */
export interface EdgesRead {
  readonly toType: string;
  /** Those of which all associations were read; one without any is among them. */
  readonly ids: readonly string[];
  readonly edges: readonly Edge[];
  /** When the read began, by the database's clock. */
  readonly readAt: Date;
}

export interface EdgesWritten {
  readonly associated: number;
  readonly dissociated: number;
}

/** In a transaction that holds the row of portal and type: what differs is stored, and told in the feed. */
export async function writeEdges(
  db: Queryable,
  { workspaceId, portalId, objectType }: Of,
  { toType, ids, edges, readAt }: EdgesRead,
  { initial }: { readonly initial: boolean },
): Promise<EdgesWritten> {
  const { rows } = await db.query<EdgesWritten>({
    name: 'crm_write_edges',
    text: 'SELECT * FROM crm_write_edges($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)',
    values: [
      ...[workspaceId, portalId, objectType, toType, readAt, initial, ids],
      edges.map(({ from }) => from),
      edges.map(({ to }) => to),
      edges.map(({ category }) => category),
      edges.map(({ typeId }) => typeId),
      edges.map(({ label }) => label),
    ],
  });
  return rows[0] ?? { associated: 0, dissociated: 0 };
}

/** Some of what one record has with records of another type. */
export interface PartOfEdges {
  readonly toType: string;
  readonly edges: readonly Edge[];
  /** When the read of all of them began, by the database's clock. */
  readonly readAt: Date;
}

/**
 * In a transaction that holds the row of portal and type: as `writeEdges`, but what is not in the part stays. Each edge
 * of it is marked with the read. Returns how many are new.
 */
export async function writePartOfEdges(
  db: Queryable,
  { workspaceId, portalId, objectType }: Of,
  { toType, edges, readAt }: PartOfEdges,
  { initial }: { readonly initial: boolean },
): Promise<number> {
  const { rows } = await db.query<{ associated: number }>({
    name: 'crm_write_some_edges',
    text: 'SELECT crm_write_some_edges($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) AS associated',
    values: [
      ...[workspaceId, portalId, objectType, toType, readAt, initial],
      edges.map(({ from }) => from),
      edges.map(({ to }) => to),
      edges.map(({ category }) => category),
      edges.map(({ typeId }) => typeId),
      edges.map(({ label }) => label),
    ],
  });
  return rows[0]?.associated ?? 0;
}

/** What is stored of one record with those of another type, after the id of one of them and up to another. */
export interface StretchOfEdges {
  readonly from: string;
  readonly toType: string;
  readonly after: string;
  /** Undefined: to the end. */
  readonly upTo: string | undefined;
}

/** Where a stretch of so many of them ends. Undefined: there are not so many. */
export async function endOfStretch(
  db: Queryable,
  { workspaceId, portalId, objectType }: Of,
  { from, toType, after }: Omit<StretchOfEdges, 'upTo'>,
  size: number,
): Promise<string | undefined> {
  const { rows } = await db.query<{ id: string }>({
    name: 'end_of_stretch',
    text: `SELECT to_id::text AS id FROM crm_edges
            WHERE workspace_id = $1 AND portal_id = $2 AND from_type = $3 AND from_id = $4 AND to_type = $5 AND to_id > $6
            ORDER BY to_id OFFSET $7 LIMIT 1`,
    values: [workspaceId, portalId, objectType, from, toType, after, size - 1],
  });
  return rows[0]?.id;
}

/** In a transaction likewise: what no part of the read that began at `readAt` has shown ends. Returns how many. */
export async function endEdgesNotShown(
  db: Queryable,
  { workspaceId, portalId, objectType }: Of,
  { from, toType, after, upTo, readAt }: StretchOfEdges & { readonly readAt: Date },
): Promise<number> {
  const { rows } = await db.query<{ dissociated: number }>({
    name: 'crm_end_edges',
    text: 'SELECT crm_end_edges($1, $2, $3, $4, $5, $6, $7, $8) AS dissociated',
    values: [workspaceId, portalId, objectType, from, toType, readAt, after, upTo ?? null],
  });
  return rows[0]?.dissociated ?? 0;
}

/** A record that is no more, and the one that it became, if any. */
export interface Lost {
  readonly id: string;
  readonly into: string | null;
}

/**
 * In a transaction: what the records were associated with is associated with those that they became, seen from either
 * side; where they became none it ends. The feed is told of each.
 */
export async function moveEdges(
  db: Queryable,
  { workspaceId, portalId, objectType }: Of,
  lost: readonly Lost[],
  at: Date,
): Promise<EdgesWritten> {
  const { rows } = await db.query<EdgesWritten>({
    name: 'crm_move_edges',
    text: 'SELECT * FROM crm_move_edges($1, $2, $3, $4, $5, $6)',
    values: [
      ...[workspaceId, portalId, objectType],
      ...[lost.map(({ id }) => id), lost.map(({ into }) => into), at],
    ],
  });
  return rows[0] ?? { associated: 0, dissociated: 0 };
}
