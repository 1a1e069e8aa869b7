import type { Pool } from '../../db/pool.js';
import { noticeNotStarted, noticesToDeliver } from '../../db/workspaces/notices.js';
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
  for (const [n, notice] of due.entries()) {
    try {
      await temporal.startNotice(notice);
    } catch (error) {
      for (const left of due.slice(n)) await noticeNotStarted(pool, left.workspaceId, left.noticeId);
      throw error;
    }
  }
  return due.length;
}
