import type { Pool } from '../../db/pool.js';
import { noticeNotStarted, noticesToDeliver } from '../../db/workspaces/notices.js';
import { eachAlone, throwFirst } from '../../platform/eachAlone.js';
import type { NoticeStarter } from '../../temporal/workspaces/starter.js';

const MAX_PER_SWEEP = 200;

/** A sweep of the reconciler: starts the deliveries of notices that are due. Returns how many. */
export async function startNotices({
  pool,
  temporal,
}: {
  pool: Pool;
  temporal: NoticeStarter;
}): Promise<number> {
  const due = await noticesToDeliver(pool, MAX_PER_SWEEP);
  const left = new Set(due);
  const started = await eachAlone(due, 'notice', async (notice) => {
    await temporal.startNotice(notice);
    left.delete(notice);
    return 1;
  });
  for (const notice of left) await noticeNotStarted(pool, notice.workspaceId, notice.noticeId);
  throwFirst(started);
  return started.did;
}
