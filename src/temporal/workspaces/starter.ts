import type { TemporalConnection } from '../connection.js';
import { NOTICE_WORKFLOW, NOTICES_QUEUE, noticeWorkflowId, type NoticeInput } from './contract.js';

export interface NoticeStarter {
  /** Starts the delivery of a notice; does nothing when it is under way. */
  startNotice(notice: NoticeInput): Promise<void>;
}

export function createNoticeStarter(temporal: TemporalConnection): NoticeStarter {
  return {
    startNotice: (notice) =>
      temporal.start({
        workflow: NOTICE_WORKFLOW,
        queue: NOTICES_QUEUE,
        workflowId: noticeWorkflowId(notice.noticeId),
        args: [notice],
        summary: `Notice ${notice.noticeId}: ${notice.kind}`,
      }),
  };
}
