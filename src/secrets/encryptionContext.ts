import type { SealedColumn } from '../db/secrets/sealedColumns.js';

type ColumnName = SealedColumn extends infer One
  ? One extends SealedColumn
    ? Pick<One, 'table' | 'column'>
    : never
  : never;

/**
 * The column and row of a sealed value, and their workspace. They are authenticated with the value, so that a copy of
 * it elsewhere does not open. Made from SEALED_COLUMNS: for a column that is missing there, and would not be re-sealed,
 * no value can be sealed.
 */
export type EncryptionContext = {
  readonly workspaceId: string;
  readonly row: string | number;
} & Readonly<ColumnName>;

export function accessTokenContext(workspaceId: string, portalId: number): EncryptionContext {
  return { workspaceId, table: 'portals', row: portalId, column: 'access_token' };
}

export function refreshTokenContext(workspaceId: string, portalId: number): EncryptionContext {
  return { workspaceId, table: 'portals', row: portalId, column: 'refresh_token' };
}

export function notifySecretContext(workspaceId: string): EncryptionContext {
  return { workspaceId, table: 'workspaces', row: workspaceId, column: 'notify_secret' };
}

export function tombstoneSecretContext(workspaceId: string): EncryptionContext {
  return { workspaceId, table: 'workspaces', row: workspaceId, column: 'tombstone_secret' };
}

export function consumerSecretContext(workspaceId: string, consumerId: string): EncryptionContext {
  return { workspaceId, table: 'crm_consumers', row: consumerId, column: 'secret' };
}

export function codeVerifierContext(workspaceId: string, stateHash: Buffer): EncryptionContext {
  return { workspaceId, table: 'oauth_states', row: stateHash.toString('hex'), column: 'code_verifier' };
}

export function sealedAnswerContext(workspaceId: string, requestHash: Buffer): EncryptionContext {
  const row = requestHash.toString('hex');
  return { workspaceId, table: 'idempotency_keys', row, column: 'sealed_answer' };
}

export function portalSettingsContext(workspaceId: string, portalId: number): EncryptionContext {
  return { workspaceId, table: 'portal_settings', row: portalId, column: 'sealed_values' };
}

/** Of a run: what it was called with, or what came of it. */
export function actionRunContext(
  workspaceId: string,
  callHash: Buffer,
  column: 'sealed_input' | 'sealed_result',
): EncryptionContext {
  return { workspaceId, table: 'action_runs', row: callHash.toString('hex'), column };
}

export function actionEffectContext(workspaceId: string, effectHash: Buffer): EncryptionContext {
  const row = effectHash.toString('hex');
  return { workspaceId, table: 'action_effects', row, column: 'sealed_result' };
}
