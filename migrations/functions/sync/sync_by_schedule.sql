-- Whether a type is read when the Schedule of its portal says so, and not each minute: the portal has one of its own, which is at Temporal as it
-- stands here, and nothing of the type is to be read before: no first load, no search that is under way, nothing that failed, no resync.
-- Its caller sees that workspace.
CREATE OR REPLACE FUNCTION sync_by_schedule(p_workspace uuid, p_portal bigint, p_cursor jsonb, p_failures int) RETURNS boolean
LANGUAGE sql STABLE SET enable_seqscan = off SET enable_bitmapscan = off AS $$
  SELECT EXISTS (SELECT FROM sync_schedules o WHERE o.workspace_id = p_workspace AND o.portal_id = p_portal AND o.applied_version = o.version)
         AND p_cursor ->> 'kind' IS NOT DISTINCT FROM 'follow' AND NOT p_cursor ? 'walk' AND p_failures = 0
         AND (p_cursor -> 'resync' IS NULL OR p_cursor -> 'resync' -> 'endedAt' IS NOT NULL)
$$;
GRANT EXECUTE ON FUNCTION sync_by_schedule TO sluice_app;
