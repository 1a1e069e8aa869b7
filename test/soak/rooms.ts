import type { SoakRoom } from './room.js';
import { listsRoom } from './rooms/lists.js';
import { outboxRoom } from './rooms/outbox.js';
import { portalsRoom } from './rooms/portals.js';
import { registerRoom } from './rooms/register.js';
import { throttleRoom } from './rooms/throttle.js';
import { workspacesRoom } from './rooms/workspaces.js';

/** Every room has its load and its oracle here. */
export const ROOMS: readonly SoakRoom[] = [
  throttleRoom,
  portalsRoom,
  outboxRoom,
  registerRoom,
  workspacesRoom,
  listsRoom,
];
