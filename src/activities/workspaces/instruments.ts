import type { Metrics } from '../../platform/metrics.js';

export type NoticeInstruments = ReturnType<typeof createNoticeInstruments>;

export function createNoticeInstruments(metrics: Metrics) {
  return {
    attempts: metrics.counter({
      name: 'sluice_notice_attempts_total',
      help: 'Tries to deliver a notice, by what came of them',
      labelNames: ['result'],
    }),
  };
}
