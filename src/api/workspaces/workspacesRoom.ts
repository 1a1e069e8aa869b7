import type { ApiCore } from '../core.js';
import type { ApiRoom } from '../room.js';
import { keysRouter } from './keys.js';
import { noticesRouter } from './notices.js';
import { workspaceRouter } from './workspace.js';

/** A workspace's own settings, its API keys and its notices. */
export function createWorkspacesRoom({ pool, config, sealing, logger }: ApiCore): ApiRoom {
  return {
    keyed: [
      { path: '/workspace', router: workspaceRouter({ pool, config, sealing, logger }) },
      { path: '/keys', router: keysRouter({ pool, config, logger }) },
      { path: '/notices', router: noticesRouter({ pool, logger }) },
    ],
  };
}
