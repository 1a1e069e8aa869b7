import type pg from 'pg';
import type { AuditedOperation } from '../../domain/audit/operations.js';
import type { Pool } from '../pool.js';
import { inWorkspace, inWorkspaceAlone, type TAKEN } from '../tenant.js';
import { audit, type AuditEntry, type Audited } from './audit.js';
import { crashPoint } from '../../platform/crashPoint.js';

/** Says what the transaction does: the entry is committed together with it. */
export type Note = (
  operation: AuditedOperation,
  subject: Record<string, unknown> & { portalId?: number | undefined },
) => void;

interface Author {
  readonly workspaceId: string;
  /** As the audit chain names them: `key:<id>`, `cli`, `hubspot` or `system`. */
  readonly actor: string;
  /** Called for each entry once it is committed. */
  readonly onCommitted?: (entry: AuditEntry, audited: Audited) => void;
}

type Work<T> = (client: pg.PoolClient, note: Note) => Promise<T>;

/**
 * Changes something in a transaction of one workspace, and adds to its audit chain what `work` notes, in the same
 * transaction. Entries are added last: until the commit no other transaction can extend the chain.
 */
export function auditedTransaction<T>(pool: Pool, author: Author, work: Work<T>): Promise<T> {
  return noting(author, work, (run) => inWorkspace(pool, author.workspaceId, run));
}

/** The same for a request that comes with an Idempotency-Key: `TAKEN` while another one with that is under way. */
export function auditedTransactionAlone<T>(
  pool: Pool,
  requestHash: Buffer,
  author: Author,
  work: Work<T>,
): Promise<T | typeof TAKEN> {
  return noting<T, T | typeof TAKEN>(author, work, (run) =>
    inWorkspaceAlone(pool, author.workspaceId, requestHash, run),
  );
}

async function noting<T, Result>(
  { workspaceId, actor, onCommitted }: Author,
  work: Work<T>,
  transact: (run: (client: pg.PoolClient) => Promise<T>) => Promise<Result>,
): Promise<Result> {
  const entries: [AuditEntry, Audited][] = [];
  const result = await transact(async (client) => {
    const noted: AuditEntry[] = [];
    const done = await work(client, (operation, { portalId, ...subject }) => {
      noted.push({ workspaceId, actor, operation, portalId, subject, result: 'ok' });
    });
    crashPoint('audit.change.made');
    for (const entry of noted) entries.push([entry, await audit(client, entry)]);
    return done;
  });
  crashPoint('audit.change.committed');
  for (const [entry, audited] of entries) onCommitted?.(entry, audited);
  return result;
}
