-- The head of these ordering keys is out of the way: the next of those that were set aside are ready again, a bounded number at a time.
CREATE OR REPLACE FUNCTION outbox_release_held(p_portal bigint, p_keys text[]) RETURNS void LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  most CONSTANT int := 500;
  h record;
  ids bigint[];
BEGIN
  FOR h IN SELECT o.* FROM outbox_holds o WHERE o.portal_id = p_portal AND o.ordering_key = ANY (p_keys) ORDER BY o.ordering_key FOR UPDATE LOOP
    -- Something at or below the mark is still to go first.
    CONTINUE WHEN EXISTS (SELECT FROM outbox_pending e WHERE e.id = h.head_id);
    CONTINUE WHEN h.release_upto > h.head_id AND EXISTS (SELECT FROM outbox_pending e WHERE e.id = h.release_upto);
    SELECT array_agg(x.id ORDER BY x.id) INTO ids FROM (
      -- A range of the index: see outbox_claim.
      SELECT e.id FROM outbox_pending e
       WHERE e.state = 2 AND (e.portal_id, e.ordering_key) >= (p_portal, h.ordering_key) AND (e.portal_id, e.ordering_key) <= (p_portal, h.ordering_key)
       ORDER BY e.portal_id, e.ordering_key, e.id LIMIT most) x;
    IF coalesce(cardinality(ids), 0) < most THEN
      DELETE FROM outbox_holds WHERE portal_id = p_portal AND ordering_key = h.ordering_key;
    ELSE
      UPDATE outbox_holds SET head_id = ids[1], release_upto = ids[most] WHERE portal_id = p_portal AND ordering_key = h.ordering_key;
    END IF;
    UPDATE outbox_pending SET state = 0 WHERE id = ANY (ids);
    UPDATE outbox_portals SET low_id = least(low_id, ids[1]) WHERE portal_id = p_portal AND low_id > ids[1];
  END LOOP;
END $$;
GRANT EXECUTE ON FUNCTION outbox_release_held TO sluice_app;
