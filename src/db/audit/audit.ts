import pg from 'pg';
import type { AuditedOperation } from '../../domain/audit/operations.js';
import type { Pool, Queryable } from '../pool.js';
import { forWorkspace } from '../tenant.js';

export interface AuditEntry {
  readonly workspaceId: string;
  /** `key:<id>`, `setup`, `cli`, `hubspot` or `system`. */
  readonly actor: string;
  /** `<what>.<verb>`: `lane.drain`, `portal.connect`. */
  readonly operation: AuditedOperation;
  readonly portalId?: number | undefined;
  /** Ids and settings. Never personal data: entries are kept, and cannot be taken out again. Never a secret. */
  readonly subject: Record<string, unknown>;
  /** `ok`, or the code of the error with which it was refused or failed. */
  readonly result: string;
}

export interface Audited {
  readonly seq: string;
  /** Hex. It covers every field of the entry and the hash of the one before it. */
  readonly hash: string;
}

/**
 * Adds an entry to the audit chain of its workspace. Given a client, it becomes part of the client's transaction, which
 * must work for that workspace (`inWorkspace`): the change and its entry are committed together or not at all. Add it
 * last: until the commit, no other transaction can extend the chain.
 */
export async function audit(db: Pool | Queryable, entry: AuditEntry): Promise<Audited> {
  const { workspaceId, actor, operation, portalId, subject, result } = entry;
  const queryable = db instanceof pg.Pool ? forWorkspace(db, workspaceId) : db;
  const { rows } = await queryable.query<Audited>(
    `SELECT seq, encode(hash, 'hex') AS hash FROM audit_append($1, $2, $3, $4, $5, $6)`,
    [workspaceId, actor, operation, portalId ?? null, JSON.stringify(subject), result],
  );
  if (!rows[0]) throw new Error('The audit chain did not take the entry');
  return rows[0];
}
