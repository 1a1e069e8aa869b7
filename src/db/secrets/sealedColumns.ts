/*
 * Every column that holds a sealed value (secrets/sealing.ts). What is not in this list is not re-sealed when keys are
 * rotated, so the type of an encryption context is made from it: no value can be sealed for a column that is missing
 * here.
 */

/**
 * `key` is the primary key. `row` names the row in the value's additional data: it is the key as text, which `toKey`
 * makes a key again. `workspace` is the column with the workspace's id. `isAfterV1`: the column came when nothing was
 * sealed in the form v1 any more, so no value of it is looked for there (encryption_keys_in_use).
 */
export const SEALED_COLUMNS = [
  { table: 'portals', column: 'access_token', ...portalKey() },
  { table: 'portals', column: 'refresh_token', ...portalKey() },
  {
    table: 'oauth_states',
    column: 'code_verifier',
    key: 'state_hash',
    row: `encode(state_hash, 'hex')`,
    toKey: (text: string) => `decode(${text}, 'hex')`,
    workspace: 'workspace_id',
  },
  {
    table: 'idempotency_keys',
    column: 'sealed_answer',
    key: 'request_hash',
    row: `encode(request_hash, 'hex')`,
    toKey: (text: string) => `decode(${text}, 'hex')`,
    workspace: 'workspace_id',
  },
  { table: 'workspaces', column: 'notify_secret', ...workspaceKey() },
  { table: 'workspaces', column: 'tombstone_secret', ...workspaceKey() },
  {
    table: 'crm_consumers',
    column: 'secret',
    key: 'id',
    row: 'id::text',
    toKey: (text: string) => `${text}::uuid`,
    workspace: 'workspace_id',
  },
  { table: 'portal_settings', column: 'sealed_values', ...portalKey(), isAfterV1: true },
  { table: 'action_runs', column: 'sealed_input', ...hashKey('call_hash') },
  { table: 'action_runs', column: 'sealed_result', ...hashKey('call_hash') },
  { table: 'action_effects', column: 'sealed_result', ...hashKey('effect_hash') },
] as const;

function hashKey<const Key extends string>(key: Key) {
  return {
    key,
    row: `encode(${key}, 'hex')`,
    toKey: (text: string) => `decode(${text}, 'hex')`,
    workspace: 'workspace_id',
    isAfterV1: true,
  } as const;
}

function workspaceKey() {
  return { key: 'id', row: 'id::text', toKey: (text: string) => `${text}::uuid`, workspace: 'id' } as const;
}

function portalKey() {
  return {
    key: 'portal_id',
    row: 'portal_id::text',
    toKey: (text: string) => `${text}::bigint`,
    workspace: 'workspace_id',
  } as const;
}

export type SealedColumn = (typeof SEALED_COLUMNS)[number];
