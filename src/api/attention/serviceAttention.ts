import { retiredKeysInUse } from '../../db/secrets/retiredKeys.js';
import { foundIn } from '../../domain/attention/attention.js';
import type { Health } from '../../platform/health.js';
import type { AttentionSource } from './attentionSource.js';

/** What is wrong of the service itself: as /readyz says it, to whoever has a key. */
export function serviceAttention({
  health,
  firstKeyId,
}: {
  readonly health: Pick<Health, 'problems'>;
  /** Of ENCRYPTION_KEYS: what is sealed now is sealed by it. */
  readonly firstKeyId: string;
}): AttentionSource {
  return {
    scopes: ['throttle:read', 'portals:read', 'outbox', 'audit:read', 'crm'],
    async find(db, workspaceId) {
      const keys = await retiredKeysInUse(db, workspaceId, firstKeyId);
      return foundIn(['encryption_key_retired'], keys, ({ kekId, dataKeys }) => [
        {
          ...{
            kind: 'encryption_key_retired',
            subjectId: kekId,
            portalId: null,
            since: null,
            count: dataKeys,
          },
          happened: `The encryption key ${kekId} is not the first of ENCRYPTION_KEYS any more, and still wraps ${dataKeys} of the workspace's data keys`,
        },
      ]);
    },
    async findElsewhere() {
      return foundIn(['not_ready'], await health.problems(), ({ check: { id, mend }, problem }) => [
        {
          ...{ kind: 'not_ready', subjectId: id, portalId: null, since: null, count: null },
          ...{ happened: problem, mend },
        },
      ]);
    },
  };
}
