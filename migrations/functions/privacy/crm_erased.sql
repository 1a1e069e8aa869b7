-- Those of these records that were erased: what comes of them late is dropped. Asked under the lock of portal and type (crm_write_records.sql),
-- which an erasure takes, too. Where nothing was erased it costs one look into an index.
--
-- A tombstone has no id, but its HMAC. The key is sealed in the database, so the caller has to bring it (`app.tombstone_key`): without it nothing is
-- written that might be what was erased. The code tells the caller to come again with the key (src/db/privacy/tombstoneKey.ts).
CREATE OR REPLACE FUNCTION crm_erased(p_workspace uuid, p_portal bigint, p_object text, p_ids bigint[]) RETURNS bigint[]
LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  key bytea;
BEGIN
  IF NOT EXISTS (SELECT FROM crm_tombstones t WHERE t.workspace_id = p_workspace AND t.portal_id = p_portal AND t.object_type = p_object) THEN
    RETURN '{}';
  END IF;
  key := decode(nullif(current_setting('app.tombstone_key', true), ''), 'hex');
  IF key IS NULL THEN
    RAISE EXCEPTION 'Records of this type were erased: it is written by who brings the key of the tombstones' USING ERRCODE = 'SL001';
  END IF;
  RETURN ARRAY(SELECT u.id FROM unnest(p_ids) AS u (id)
                WHERE EXISTS (SELECT FROM crm_tombstones t WHERE t.workspace_id = p_workspace AND t.portal_id = p_portal AND t.object_type = p_object
                                 AND t.mark = crm_mark(key, p_portal, p_object, u.id)));
END $$;
GRANT EXECUTE ON FUNCTION crm_erased TO sluice_app;
