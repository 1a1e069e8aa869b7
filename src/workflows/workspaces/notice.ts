import { ActivityFailure, isCancellation, proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { NoticeActivities } from '../../activities/workspaces/noticeActivities.js';
import type { NoticeInput } from '../../temporal/workspaces/contract.js';

const { deliverNotice } = proxyActivities<NoticeActivities>({
  startToCloseTimeout: '30 seconds',
  scheduleToCloseTimeout: '3 days',
  retry: { initialInterval: '5 seconds', backoffCoefficient: 2, maximumInterval: '1 hour' },
});
const { giveUpNotice } = proxyActivities<NoticeActivities>({
  startToCloseTimeout: '30 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
});

/**
 * Delivers one notice to its workspace's URL, for up to three days; after that it is kept as failed and can be sent
 * again.
 */
export async function notice({
  workspaceId,
  noticeId,
  kind,
}: NoticeInput): Promise<'delivered' | 'kept' | 'failed'> {
  setCurrentDetails(`Delivers \`${kind}\``);
  try {
    return await deliverNotice({ workspaceId, noticeId });
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
    setCurrentDetails(
      `Not delivered within three days. \`sluice notices resend ${noticeId}\` sends it again.`,
    );
    await giveUpNotice({ workspaceId, noticeId });
    return 'failed';
  }
}
