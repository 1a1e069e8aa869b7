import { readText } from '../../domain/crm/storedText.js';
import type { PropertySelection } from '../../domain/sync/propertySelection.js';
import type { Queryable } from '../pool.js';
import type { SyncedObject } from './reader.js';

/** A version of a property's definition. */
export interface DefinitionView {
  readonly name: string;
  readonly version: number;
  readonly label: string;
  readonly type: string;
  readonly fieldType: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly calculated: boolean;
  readonly dataSensitivity: string;
  readonly archived: boolean;
  /** The mirror keeps its values. */
  readonly kept: boolean;
  readonly firstSeenAt: Date;
  readonly replacedAt: Date | null;
}

/** By name and version: those that stand, or with `versions` all. */
export async function listDefinitions(
  db: Queryable,
  { workspaceId, portalId, objectType }: SyncedObject,
  page: { versions: boolean; after?: { name: string; version: number } | undefined; limit: number },
): Promise<DefinitionView[]> {
  const { rows } = await db.query<DefinitionView>({
    name: 'sync.definitions',
    text: `SELECT d.name, d.version, d.label, d.type, d.field_type AS "fieldType", d.options, d.calculated,
                  d.data_sensitivity AS "dataSensitivity", d.archived,
                  NOT d.archived AND d.replaced_at IS NULL AND d.name = ANY (
                    SELECT unnest(p.kept) FROM sync_properties p
                     WHERE p.workspace_id = $1 AND p.portal_id = $2 AND p.object_type = $3) AS kept,
                  d.first_seen_at AS "firstSeenAt", d.replaced_at AS "replacedAt"
             FROM crm_property_defs d
            WHERE d.workspace_id = $1 AND d.portal_id = $2 AND d.object_type = $3 AND ($4 OR d.replaced_at IS NULL)
              AND (d.name, d.version) > ($5, $6)
            ORDER BY d.name, d.version LIMIT $7`,
    values: [
      ...[workspaceId, portalId, objectType, page.versions],
      ...[page.after?.name ?? '', page.after?.version ?? 0, page.limit],
    ],
  });
  return rows.map((row) => ({
    ...row,
    name: readText(row.name),
    label: readText(row.label),
    options: row.options.map(({ value, label }) => ({ value: readText(value), label: readText(label) })),
  }));
}

/** Which properties of a type are kept, and how far the mirror is with it. */
export interface SelectionView extends PropertySelection {
  readonly portalId: number;
  readonly objectType: string;
  /** So many properties. Null: the definitions were not read yet. */
  readonly kept: number | null;
  /** Of `names` those that are no properties of the type. */
  readonly unknown: readonly string[];
  readonly filling: number;
  readonly dropping: number;
  readonly definitionsReadAt: Date | null;
  readonly calculated: number;
  readonly calculatedAt: Date | null;
}

/** Undefined: the type is not mirrored. */
export async function findSelection(
  db: Queryable,
  { workspaceId, portalId, objectType }: SyncedObject,
): Promise<SelectionView | undefined> {
  const { rows } = await db.query<SelectionView>({
    name: 'sync.selection',
    text: `WITH there AS (
             SELECT d.name, d.calculated FROM crm_property_defs d
              WHERE d.workspace_id = $1 AND d.portal_id = $2 AND d.object_type = $3 AND d.replaced_at IS NULL AND NOT d.archived)
           SELECT s.portal_id::float8 AS "portalId", s.object_type AS "objectType",
                  coalesce(p.mode, 'all') AS mode, coalesce(p.names, '{}') AS names, cardinality(p.kept) AS kept,
                  CASE WHEN p.kept IS NULL THEN '{}' ELSE
                    ARRAY(SELECT n FROM unnest(p.names) n WHERE n <> ALL (SELECT name FROM there) ORDER BY n) END AS unknown,
                  coalesce(cardinality(p.filling), 0) AS filling, coalesce(cardinality(p.dropping), 0) AS dropping,
                  p.read_at AS "definitionsReadAt", p.calculated_at AS "calculatedAt",
                  (SELECT count(*)::int FROM there t WHERE t.calculated AND t.name = ANY (p.kept)) AS calculated
             FROM sync_states s
             LEFT JOIN sync_properties p
               ON p.workspace_id = s.workspace_id AND p.portal_id = s.portal_id AND p.object_type = s.object_type
            WHERE s.workspace_id = $1 AND s.portal_id = $2 AND s.object_type = $3`,
    values: [workspaceId, portalId, objectType],
  });
  return rows[0];
}
