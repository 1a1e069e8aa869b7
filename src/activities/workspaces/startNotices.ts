import type { Pool } from '../../db/pool.js';
import { noticesToDeliver, noticeStarted } from '../../db/workspaces/notices.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { eachAlone, throwFirst } from '../../platform/eachAlone.js';
import type { NoticeStarter } from '../../temporal/workspaces/starter.js';

const MAX_PER_SWEEP = 200;

/**
 * A sweep of the reconciler: starts the deliveries of notices that are due. Returns how many. Those that could not be
 * started are taken again half a minute later.
 */
export async function startNotices({
  pool,
  temporal,
}: {
  pool: Pool;
  temporal: NoticeStarter;
}): Promise<number> {
  const due = await noticesToDeliver(pool, MAX_PER_SWEEP);
  crashPoint('workspaces.notice.taken');
  const started = await eachAlone(due, 'notice', async (notice) => {
    await temporal.startNotice(notice);
    crashPoint('workspaces.notice.started');
    await noticeStarted(pool, notice.workspaceId, notice.noticeId);
    return 1;
  });
  throwFirst(started);
  return started.did;
}
