import { ApplicationFailure } from '@temporalio/activity';
import { failNotice, findNotice, noteAttempt, type NoticeToSend } from '../../db/workspaces/notices.js';
import type { Pool } from '../../db/pool.js';
import { notifySecretContext } from '../../secrets/encryptionContext.js';
import type { Sealing } from '../../secrets/sealing.js';
import { crashPoint } from '../../platform/crashPoint.js';
import type { Logger } from '../../platform/logger.js';
import type { OutboundCalls } from '../../platform/outbound/outboundCalls.js';
import { signBody } from '../../platform/outbound/signBody.js';
import type { NoticeInstruments } from './instruments.js';

interface Dependencies {
  readonly pool: Pool;
  readonly sealing: Sealing;
  readonly outbound: OutboundCalls;
  readonly logger: Logger;
  readonly metrics: NoticeInstruments;
}

export type NoticeActivities = ReturnType<typeof createNoticeActivities>;

export function createNoticeActivities({ pool, sealing, outbound, logger, metrics }: Dependencies) {
  async function headersOf(
    notice: NoticeToSend,
    workspaceId: string,
    body: string,
  ): Promise<Record<string, string>> {
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'sluice',
      'x-sluice-notice': notice.id,
    };
    if (notice.notifySecretSealed === null) return headers;
    const secret = await sealing.open(notice.notifySecretSealed, notifySecretContext(workspaceId));
    return { ...headers, 'x-sluice-signature': signBody(secret, body, notice.nowSeconds) };
  }

  return {
    /** One try. Throws when it is worth another one. A repeat is harmless: the receiver knows the notice's id. */
    async deliverNotice({
      workspaceId,
      noticeId,
    }: {
      workspaceId: string;
      noticeId: string;
    }): Promise<'delivered' | 'kept'> {
      const notice = await findNotice(pool, workspaceId, noticeId);
      if (!notice) return 'kept';
      if (notice.state !== 'pending') return notice.state === 'delivered' ? 'delivered' : 'kept';
      if (notice.notifyUrl === null) {
        await noteAttempt(pool, workspaceId, noticeId, { state: 'kept', error: 'The workspace has no URL' });
        return 'kept';
      }
      const body = bodyOf(notice, workspaceId);
      const result = await outbound.post({
        url: notice.notifyUrl,
        body,
        headers: await headersOf(notice, workspaceId, body),
      });
      crashPoint('workspaces.notice.answered');
      if (result.kind === 'answered' && result.status >= 200 && result.status < 300) {
        metrics.attempts.inc({ result: 'delivered' });
        await noteAttempt(pool, workspaceId, noticeId, { state: 'delivered', error: null });
        return 'delivered';
      }
      const error = result.kind === 'answered' ? `It answered ${result.status}` : result.why;
      metrics.attempts.inc({ result: result.kind });
      await noteAttempt(pool, workspaceId, noticeId, { state: 'pending', error });
      throw ApplicationFailure.retryable(error, 'NoticeNotTaken');
    },

    async giveUpNotice({ workspaceId, noticeId }: { workspaceId: string; noticeId: string }): Promise<void> {
      await failNotice(pool, workspaceId, noticeId);
      logger.error('A notice could not be delivered for three days; it is kept, and can be sent again', {
        noticeId,
      });
    },
  };
}

/** The body of a notice. Receivers rely on its fields: they are only ever added to. */
function bodyOf({ id, kind, portalId, createdAt, detail }: NoticeToSend, workspaceId: string): string {
  return JSON.stringify({ id, kind, workspaceId, portalId, createdAt: createdAt.toISOString(), detail });
}
