import { chainEndHolds } from '../../db/audit/attention.js';
import { foundIn } from '../../domain/attention/attention.js';
import type { AttentionSource } from '../attention/attentionSource.js';

/** Whether the end of the audit chain holds. */
export const AUDIT_ATTENTION: AttentionSource = {
  scopes: ['audit:read'],
  async find(db, workspaceId) {
    const broken = (await chainEndHolds(db, workspaceId)) ? [] : [workspaceId];
    return foundIn(['audit_broken'], broken, (subjectId) => [
      {
        ...{ kind: 'audit_broken', subjectId, portalId: null, since: null, count: null },
        happened:
          'The end of the audit chain is not what was noted and signed: the record of who changed what does not hold',
      },
    ]);
  },
};
