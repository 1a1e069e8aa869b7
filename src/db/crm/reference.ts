import type { Queryable } from '../pool.js';

/** Who owns records. All text is as the mirror keeps it (domain/crm/storedText.ts). */
export interface Owner {
  readonly id: string;
  readonly userId: string | null;
  readonly email: string | null;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly archived: boolean;
}

export interface Stage {
  readonly id: string;
  readonly label: string;
  readonly displayOrder: number;
  readonly metadata: Readonly<Record<string, string | number | boolean | null>>;
  readonly archived: boolean;
}

export interface Pipeline {
  readonly id: string;
  readonly label: string;
  readonly displayOrder: number;
  readonly archived: boolean;
  readonly stages: readonly Stage[];
}

interface OfPortal {
  readonly workspaceId: string;
  readonly portalId: number;
}
interface OfType extends OfPortal {
  readonly objectType: string;
}

/** Whether the portal's owners were read within so many minutes. */
export async function ownersAreFresh(
  db: Queryable,
  { workspaceId, portalId }: OfPortal,
  minutes: number,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `SELECT FROM crm_owners WHERE workspace_id = $1 AND portal_id = $2 AND read_at > clock_timestamp() - $3 * interval '1 minute' LIMIT 1`,
    [workspaceId, portalId, minutes],
  );
  return (rowCount ?? 0) > 0;
}

/** Stores the owners that a portal has now, and no others. */
export async function writeOwners(
  client: Queryable,
  { workspaceId, portalId }: OfPortal,
  owners: readonly Owner[],
): Promise<void> {
  await client.query('DELETE FROM crm_owners WHERE workspace_id = $1 AND portal_id = $2 AND id <> ALL ($3)', [
    ...[workspaceId, portalId],
    owners.map(({ id }) => id),
  ]);
  await client.query(
    `INSERT INTO crm_owners (workspace_id, portal_id, id, user_id, email, first_name, last_name, archived, read_at)
     SELECT $1, $2, o.id, o.user_id, o.email, o.first_name, o.last_name, o.archived, clock_timestamp()
       FROM unnest($3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::boolean[])
            AS o (id, user_id, email, first_name, last_name, archived) ORDER BY o.id
     ON CONFLICT (workspace_id, portal_id, id) DO UPDATE SET
       user_id = excluded.user_id, email = excluded.email, first_name = excluded.first_name, last_name = excluded.last_name,
       archived = excluded.archived, read_at = excluded.read_at`,
    [
      ...[workspaceId, portalId],
      owners.map(({ id }) => id),
      owners.map(({ userId }) => userId),
      owners.map(({ email }) => email),
      owners.map(({ firstName }) => firstName),
      owners.map(({ lastName }) => lastName),
      owners.map(({ archived }) => archived),
    ],
  );
}

/** Stores the pipelines that a type has now, with their stages, and no others. */
export async function writePipelines(
  client: Queryable,
  { workspaceId, portalId, objectType }: OfType,
  pipelines: readonly Pipeline[],
): Promise<void> {
  const key = [workspaceId, portalId, objectType];
  for (const table of ['crm_pipelines', 'crm_stages'])
    await client.query(
      `DELETE FROM ${table} WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3`,
      key,
    );
  await client.query(
    `INSERT INTO crm_pipelines (workspace_id, portal_id, object_type, id, label, display_order, archived, read_at)
     SELECT $1, $2, $3, p.*, clock_timestamp() FROM unnest($4::text[], $5::text[], $6::int[], $7::boolean[]) AS p`,
    [
      ...key,
      pipelines.map(({ id }) => id),
      pipelines.map(({ label }) => label),
      pipelines.map(({ displayOrder }) => displayOrder),
      pipelines.map(({ archived }) => archived),
    ],
  );
  const stages = pipelines.flatMap(({ id, stages: of }) => of.map((stage) => ({ ...stage, pipelineId: id })));
  await client.query(
    `INSERT INTO crm_stages (workspace_id, portal_id, object_type, pipeline_id, id, label, display_order, metadata, archived, read_at)
     SELECT $1, $2, $3, s.pipeline_id, s.id, s.label, s.display_order, s.metadata::jsonb, s.archived, clock_timestamp()
       FROM unnest($4::text[], $5::text[], $6::text[], $7::int[], $8::text[], $9::boolean[])
            AS s (pipeline_id, id, label, display_order, metadata, archived)`,
    [
      ...key,
      stages.map(({ pipelineId }) => pipelineId),
      stages.map(({ id }) => id),
      stages.map(({ label }) => label),
      stages.map(({ displayOrder }) => displayOrder),
      stages.map(({ metadata }) => JSON.stringify(metadata)),
      stages.map(({ archived }) => archived),
    ],
  );
}

/** What could not be read of the names of a type, and why. Null: all could. */
export async function noteReferenceRead(
  client: Queryable,
  { workspaceId, portalId, objectType }: OfType,
  failure: string | null,
): Promise<void> {
  await client.query(
    `UPDATE sync_properties SET reference_failure = $4,
            reference_read_at = CASE WHEN $4::text IS NULL THEN clock_timestamp() ELSE reference_read_at END
      WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3`,
    [workspaceId, portalId, objectType, failure],
  );
}

/** By their ids. */
export async function listOwners(
  db: Queryable,
  { workspaceId, portalId }: OfPortal,
  page: { after?: string | undefined; limit: number },
): Promise<(Owner & { readonly readAt: Date })[]> {
  const { rows } = await db.query<Owner & { readAt: Date }>({
    name: 'crm.owners',
    text: `SELECT id::text AS id, user_id::text AS "userId", email, first_name AS "firstName", last_name AS "lastName", archived,
                  read_at AS "readAt"
             FROM crm_owners WHERE workspace_id = $1 AND portal_id = $2 AND id > $3 ORDER BY id LIMIT $4`,
    values: [workspaceId, portalId, page.after ?? '0', page.limit],
  });
  return rows;
}

/** By their ids, with their stages in HubSpot's order. */
export async function listPipelines(
  db: Queryable,
  { workspaceId, portalId, objectType }: OfType,
  page: { after?: string | undefined; limit: number },
): Promise<(Pipeline & { readonly readAt: Date })[]> {
  const { rows } = await db.query<Pipeline & { readAt: Date }>({
    name: 'crm.pipelines',
    text: `SELECT p.id, p.label, p.display_order AS "displayOrder", p.archived, p.read_at AS "readAt",
                  coalesce((SELECT jsonb_agg(jsonb_build_object('id', s.id, 'label', s.label, 'displayOrder', s.display_order,
                                                                'metadata', s.metadata, 'archived', s.archived) ORDER BY s.display_order, s.id)
                              FROM crm_stages s
                             WHERE s.workspace_id = $1 AND s.portal_id = $2 AND s.object_type = $3 AND s.pipeline_id = p.id), '[]') AS stages
             FROM crm_pipelines p
            WHERE p.workspace_id = $1 AND p.portal_id = $2 AND p.object_type = $3 AND p.id > $4 ORDER BY p.id LIMIT $5`,
    values: [workspaceId, portalId, objectType, page.after ?? '', page.limit],
  });
  return rows;
}
