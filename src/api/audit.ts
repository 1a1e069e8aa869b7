import type { Request } from 'express';
import { audit, type AuditEntry } from '../db/audit.js';
import type { Pool, Queryable } from '../db/pool.js';
import type { Logger } from '../logger.js';
import { apiKeyOf } from './auth.js';

/** Who asks, as the audit chain names them. */
export function actorOf(request: Request): string {
  return `key:${apiKeyOf(request).id}`;
}

interface Dependencies {
  /** The pool, or the client of the transaction that changes what is audited. */
  readonly db: Pool | Queryable;
  readonly logger: Logger;
}

/** An entry in the audit chain of the key's workspace, and a line in the log: who did what to what. Ids and settings, no personal data. */
export async function auditRequest(
  { db, logger }: Dependencies,
  request: Request,
  operation: string,
  { portalId, ...subject }: Record<string, unknown> & { portalId?: number | undefined },
  result = 'ok',
): Promise<void> {
  const { workspaceId } = apiKeyOf(request);
  await auditAndLog(
    { db, logger },
    { workspaceId, actor: actorOf(request), operation, portalId, subject, result },
  );
}

async function auditAndLog({ db, logger }: Dependencies, entry: AuditEntry): Promise<void> {
  const { seq, hash } = await audit(db, entry);
  const { operation, subject, ...rest } = entry;
  // With seq and hash the log is a copy of the chain's ends that lies outside of the database.
  logger.info(`Audit: ${operation}`, { audit: { operation, ...rest, ...subject, seq, hash } });
}
