import { endingKeys, failingNotices } from '../../db/workspaces/attention.js';
import { ASKED_OF_A_KIND, countInWords, foundIn } from '../../domain/attention/attention.js';
import type { AttentionSource } from '../attention/attentionSource.js';

/** What somebody has to know of a workspace's notices and keys. */
export const WORKSPACES_ATTENTION: readonly AttentionSource[] = [
  {
    scopes: ['portals:read'],
    async find(db, workspaceId) {
      const { failed, trying, since } = await failingNotices(db, workspaceId);
      return foundIn(['notices_failing'], failed + trying > 0 ? [workspaceId] : [], (subjectId) => [
        {
          ...{ kind: 'notices_failing', subjectId, portalId: null, since, count: failed + trying },
          happened: `Within a week ${countInWords(failed, 'notice')} could not be delivered, and ${trying} more ${trying === 1 ? 'was' : 'were'} not taken several times`,
        },
      ]);
    },
  },
  {
    scopes: ['admin'],
    async find(db, workspaceId) {
      const keys = await endingKeys(db, workspaceId, ASKED_OF_A_KIND);
      return foundIn(['api_key_ends'], keys, ({ id, name, expiresAt }) => [
        {
          ...{ kind: 'api_key_ends', subjectId: id, portalId: null, since: null, count: null },
          happened: `The API key ${name}, which is in use, ends at ${expiresAt.toISOString()}`,
        },
      ]);
    },
  },
];
