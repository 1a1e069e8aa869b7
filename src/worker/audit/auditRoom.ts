import { AUDIT_RETENTION } from '../../db/audit/retention.js';
import { createAuditChains } from '../../services/audit/auditChains.js';
import { createHeadSigner } from '../../services/audit/headSigner.js';
import { createAuditInstruments } from '../../services/audit/instruments.js';
import type { WorkerCore } from '../core.js';
import { createRetentionSweeps } from '../retentionSweeps.js';
import type { WorkerRoom } from '../room.js';

/** Signs the ends of audit chains. */
export function createAuditRoom({ pool, config, logger, metrics }: WorkerCore): WorkerRoom {
  const signer = createHeadSigner(config.ENCRYPTION_KEYS);
  const chains = createAuditChains({ pool, signer, logger, metrics: createAuditInstruments(metrics) });
  return {
    sweeps: [
      { name: 'auditHeadsSigned', everyMs: 60_000, timeoutMs: 20_000, run: () => chains.signDue() },
      ...createRetentionSweeps(pool, AUDIT_RETENTION),
    ],
    tables: AUDIT_RETENTION,
  };
}
