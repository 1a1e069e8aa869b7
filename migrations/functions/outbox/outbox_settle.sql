-- Books what became of the events of a claim, and ends it. `p_done` took effect (or were run dry: `p_mode`; or in the shadow: `p_shadows`);
-- `p_others` is
-- [{id, to: retry | dead | back | paused, inMs, class, error, correlationId, effects, tell}]:
--   retry: again after `inMs`, one attempt more; until then later events of its ordering key are set aside
--   paused: the same, without an attempt: it was not the event's doing (the portal waits for a new authorisation, the limit is used up)
--   dead: not again unless somebody decides so; later events of its ordering key go on
--   back: it was not tried
-- `tell`: it has waited for people for long, so the workspace gets the notice outbox.waiting
-- Returns false, and changes nothing, when the claim was taken over.
CREATE OR REPLACE FUNCTION outbox_settle(p_workspaces text, p_claim bigint, p_fence int, p_mode text, p_done bigint[], p_done_effects jsonb, p_others jsonb,
                                         p_shadows bigint[])
RETURNS boolean LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  ms CONSTANT interval := interval '1 millisecond';
  t timestamptz;
  portal bigint;
  settled_keys text[];
BEGIN
  PERFORM set_config('app.workspace', p_workspaces, true);
  DELETE FROM outbox_claims WHERE id = p_claim AND fence = p_fence RETURNING portal_id INTO portal;
  IF NOT FOUND THEN RETURN false; END IF;
  t := clock_timestamp();

  WITH gone AS (
    DELETE FROM outbox_pending e USING unnest(p_done) AS u (id) WHERE e.id = u.id RETURNING e.*
  ), kept AS (
    INSERT INTO outbox_history (id, workspace_id, portal_id, type, version, ordering_key, event_key, payload, occurred_at, captured_at, attempts,
                                last_error, error_class, effects, processed_at, mode)
    SELECT id, workspace_id, portal_id, type, version, ordering_key, event_key, payload, occurred_at, captured_at, attempts + 1, last_error,
           error_class, coalesce(p_done_effects -> id::text, effects), t,
           CASE WHEN id = ANY (p_shadows) THEN 'shadow' ELSE p_mode END
      FROM gone
  )
  SELECT array_agg(ordering_key) FILTER (WHERE ordering_key IS NOT NULL) INTO settled_keys FROM gone;

  IF jsonb_array_length(p_others) > 0 THEN
    settled_keys := settled_keys || outbox_settle_failed(portal, t, p_others);
  END IF;
  IF settled_keys IS NOT NULL AND EXISTS (SELECT FROM outbox_holds WHERE portal_id = portal) THEN
    PERFORM outbox_release_held(portal, settled_keys);
  END IF;
  RETURN true;
END $$;
GRANT EXECUTE ON FUNCTION outbox_settle TO sluice_app;
