import { searchApiKeys, searchNotices } from '../../db/workspaces/search.js';
import type { ApiCore } from '../core.js';
import { operationsRouter } from '../http/operationsRouter.js';
import type { ApiRoom } from '../room.js';
import { KEY_OPERATIONS } from './keyOperations.js';
import { NOTICE_OPERATIONS } from './noticeOperations.js';
import { WORKSPACES_ATTENTION } from './workspacesAttention.js';
import { WORKSPACE_OPERATIONS } from './workspaceOperations.js';

/** A workspace's own settings, its API keys and its notices. */
export function createWorkspacesRoom(core: ApiCore): ApiRoom {
  return {
    attention: WORKSPACES_ATTENTION,
    search: [
      { scopes: ['portals:read'], search: searchNotices },
      { scopes: ['admin'], search: searchApiKeys },
    ],
    keyed: [
      { path: '/workspace', router: operationsRouter('/workspace', WORKSPACE_OPERATIONS, core, core) },
      { path: '/keys', router: operationsRouter('/keys', KEY_OPERATIONS, core, core) },
      { path: '/notices', router: operationsRouter('/notices', NOTICE_OPERATIONS, core, core) },
    ],
  };
}
