import { createAuditChains } from '../../services/audit/auditChains.js';
import { createHeadSigner } from '../../services/audit/headSigner.js';
import { createAuditInstruments } from '../../services/audit/instruments.js';
import type { ApiCore } from '../core.js';
import { operationsRouter } from '../http/operationsRouter.js';
import type { ApiRoom } from '../room.js';
import { AUDIT_ATTENTION } from './auditAttention.js';
import { AUDIT_OPERATIONS, type RefuseUnknown } from './auditOperations.js';

/** A workspace's audit trail, and the check of its chain. */
export function createAuditRoom(core: ApiCore, refuseUnknown: RefuseUnknown): ApiRoom {
  const { pool, config, logger, metrics } = core;
  const signer = createHeadSigner(config.ENCRYPTION_KEYS);
  const auditChains = createAuditChains({
    ...{ pool, signer, logger },
    metrics: createAuditInstruments(metrics),
  });
  const deps = { pool, auditChains, refuseUnknown, verifying: new Set<string>() };
  return {
    attention: [AUDIT_ATTENTION],
    keyed: [{ path: '/audit', router: operationsRouter('/audit', AUDIT_OPERATIONS, deps, core) }],
  };
}
