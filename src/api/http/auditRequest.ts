import type { Request } from 'express';
import type pg from 'pg';
import { audit, type AuditEntry, type Audited } from '../../db/audit/audit.js';
import { auditedTransaction, auditedTransactionAlone, type Note } from '../../db/audit/auditedTransaction.js';
import type { Pool, Queryable } from '../../db/pool.js';
import type { TAKEN } from '../../db/tenant.js';
import type { Logger } from '../../platform/logger.js';
import { apiKeyOf } from './authenticate.js';
import type { Caller } from './operation.js';

/** Who asks, as the audit chain names them. */
export function actorOf(request: Request): string {
  return `key:${apiKeyOf(request).id}`;
}

/** Who asks, without the request. */
export function callerOf(request: Request): Caller {
  const key = apiKeyOf(request);
  return { workspaceId: key.workspaceId, key, actor: actorOf(request) };
}

/**
 * Changes something in a transaction of the caller's workspace, and audits what `work` notes in the same one. The log's
 * line follows the commit: it never tells of what did not happen.
 */
export function inAuditedTransaction<T>(
  { pool, logger }: { pool: Pool; logger: Logger },
  { workspaceId, actor }: Pick<Caller, 'workspaceId' | 'actor'>,
  work: (client: pg.PoolClient, note: Note) => Promise<T>,
): Promise<T> {
  const author = { workspaceId, actor };
  const onCommitted = (entry: AuditEntry, audited: Audited) => logEntry(logger, entry, audited);
  return auditedTransaction(pool, { ...author, onCommitted }, work);
}

/** The same under the lock of an Idempotency-Key: `TAKEN` while another request with that is under way. */
export function inAuditedTransactionAlone<T>(
  { pool, logger }: { pool: Pool; logger: Logger },
  requestHash: Buffer,
  { workspaceId, actor }: Pick<Caller, 'workspaceId' | 'actor'>,
  work: (client: pg.PoolClient, note: Note) => Promise<T>,
): Promise<T | typeof TAKEN> {
  const onCommitted = (entry: AuditEntry, audited: Audited) => logEntry(logger, entry, audited);
  return auditedTransactionAlone(pool, requestHash, { workspaceId, actor, onCommitted }, work);
}

/** Adds an entry, and the log's line. */
export async function auditAndLog(
  { db, logger }: { db: Pool | Queryable; logger: Logger },
  entry: AuditEntry,
): Promise<void> {
  logEntry(logger, entry, await audit(db, entry));
}

/** With seq and hash the log is a copy of the chain that lies outside of the database. */
function logEntry(logger: Logger, entry: AuditEntry, { seq, hash }: Audited): void {
  const { operation, subject, ...rest } = entry;
  logger.info(`Audit: ${operation}`, { audit: { operation, ...rest, ...subject, seq, hash } });
}
