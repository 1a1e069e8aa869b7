import { CHAIN_PROBLEMS } from '../../domain/audit/chain.js';
import type { Metrics } from '../../platform/metrics.js';

export type AuditInstruments = ReturnType<typeof createAuditInstruments>;

export function createAuditInstruments(metrics: Metrics) {
  return {
    problems: metrics.counter({
      name: 'sluice_audit_problems_total',
      help: 'Audit chains that were checked and do not hold, by what is wrong with them',
      labelNames: ['kind'],
      from0: { kind: CHAIN_PROBLEMS },
    }),
  };
}
