import type { TaskQueue } from '../taskQueues.js';

/** Delivers one notice to its workspace's URL. */
export const NOTICE_WORKFLOW = 'notice';
export const NOTICES_QUEUE: TaskQueue = 'upkeep';

export function noticeWorkflowId(noticeId: string): string {
  return `notice/${noticeId}`;
}

export interface NoticeInput {
  readonly workspaceId: string;
  readonly noticeId: string;
  readonly kind: string;
}
