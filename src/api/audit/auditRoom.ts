import { createAuditChains } from '../../services/audit/auditChains.js';
import { createHeadSigner } from '../../services/audit/headSigner.js';
import { createAuditInstruments } from '../../services/audit/instruments.js';
import type { ApiCore } from '../core.js';
import type { ApiRoom } from '../room.js';
import { auditTrailRouter } from './auditTrail.js';

/** A workspace's audit trail, and the check of its chain. */
export function createAuditRoom({ pool, config, logger, metrics }: ApiCore): ApiRoom {
  const signer = createHeadSigner(config.ENCRYPTION_KEYS);
  const auditChains = createAuditChains({
    ...{ pool, signer, logger },
    metrics: createAuditInstruments(metrics),
  });
  return { keyed: [{ path: '/audit', router: auditTrailRouter({ pool, auditChains }) }] };
}
