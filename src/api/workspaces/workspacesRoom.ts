import type { ApiCore } from '../core.js';
import type { ApiRoom } from '../room.js';
import { keysRouter } from './keysRouter.js';
import { noticesRouter } from './noticesRouter.js';
import { workspaceRouter } from './workspaceRouter.js';

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
