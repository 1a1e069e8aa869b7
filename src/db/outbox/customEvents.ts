import type { CustomEventAccess } from '../../domain/outbox/customEvents.js';
import type { Queryable } from '../pool.js';

/** A refusal is asked about again after so long: an account may have got another subscription. */
const REFUSED_FOR_HOURS = 24;

/** What is known of the custom events of these portals of the workspace (null: all), by the portal's id. */
export async function readCustomEventAccess(
  db: Queryable,
  portalIds: readonly number[] | null,
): Promise<Map<number, CustomEventAccess>> {
  const { rows } = await db.query<{ portalId: number; scopes: string[] | null; refused: string[] }>({
    name: 'outbox_portals.custom_events',
    text: `SELECT p.portal_id::float8 AS "portalId", CASE WHEN p.auth = 'oauth' THEN p.scopes END AS scopes,
                  ARRAY(SELECT r.key FROM jsonb_each_text(o.refused_events) AS r
                         WHERE r.value::timestamptz > now() - $2 * interval '1 hour') AS refused
             FROM portals p LEFT JOIN outbox_portals o ON o.portal_id = p.portal_id
            WHERE p.workspace_id = ANY (tenant_workspaces()) AND ($1::bigint[] IS NULL OR p.portal_id = ANY ($1))
              AND p.state <> 'disconnected'
            ORDER BY p.portal_id LIMIT 1000`,
    values: [portalIds, REFUSED_FOR_HOURS],
  });
  return new Map(
    rows.map(({ portalId, scopes, refused }) => [portalId, { scopes: scopes ?? undefined, refused }]),
  );
}

/** HubSpot has refused custom events of these names (`*`: any). What is asked about again goes from the list. */
export async function noteRefusedEvents(
  db: Queryable,
  portalId: number,
  names: readonly string[],
): Promise<void> {
  await db.query({
    name: 'outbox_portals.note_refused_events',
    text: `UPDATE outbox_portals
              SET refused_events =
                  (SELECT coalesce(jsonb_object_agg(r.key, r.value), '{}') FROM jsonb_each(refused_events) AS r
                    WHERE (r.value #>> '{}')::timestamptz > now() - $3 * interval '1 hour')
                  || (SELECT jsonb_object_agg(name, now()) FROM unnest($2::text[]) AS name)
            WHERE portal_id = $1`,
    values: [portalId, names, REFUSED_FOR_HOURS],
  });
}

/** The portal has been installed anew: what HubSpot refused it may be allowed now. */
export async function forgetRefusedEvents(db: Queryable, portalId: number): Promise<void> {
  await db.query({
    name: 'outbox_portals.forget_refused_events',
    text: `UPDATE outbox_portals SET refused_events = '{}' WHERE portal_id = $1 AND refused_events <> '{}'`,
    values: [portalId],
  });
}
