import type pg from 'pg';
import type { AuditedOperation } from '../../domain/audit/operations.js';
import type { Pool } from '../pool.js';
import { inWorkspace } from '../tenant.js';
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

/**
 * Changes something in a transaction of one workspace, and adds to its audit chain what `work` notes, in the same
 * transaction. Entries are added last: until the commit no other transaction can extend the chain.
 */
export async function auditedTransaction<T>(
  pool: Pool,
  { workspaceId, actor, onCommitted }: Author,
  work: (client: pg.PoolClient, note: Note) => Promise<T>,
): Promise<T> {
  const entries: [AuditEntry, Audited][] = [];
  const result = await inWorkspace(pool, workspaceId, async (client) => {
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
