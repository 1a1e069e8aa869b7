import { createAuditChains } from '../../services/audit/auditChains.js';
import { createHeadSigner } from '../../services/audit/headSigner.js';
import { createAuditInstruments } from '../../services/audit/instruments.js';
import type { ApiCore } from '../core.js';
import type { ApiRoom } from '../room.js';
import { auditRouter } from './auditRouter.js';

/** A workspace's audit trail, and the check of its chain. */
export function createAuditRoom({ pool, config, logger, metrics }: ApiCore): ApiRoom {
  const signer = createHeadSigner(config.ENCRYPTION_KEYS);
  const auditChains = createAuditChains({
    ...{ pool, signer, logger },
    metrics: createAuditInstruments(metrics),
  });
  return { keyed: [{ path: '/audit', router: auditRouter({ pool, auditChains }) }] };
}
