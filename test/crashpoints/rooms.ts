import { actions } from './actions.js';
import { auditRoom } from './audit.js';
import type { CrashRoom } from './crashRoom.js';
import { crm } from './crm.js';
import { installation } from './installation.js';
import { outbox } from './outbox.js';
import { portals } from './portals.js';
import { privacy } from './privacy.js';
import { register } from './register.js';
import { secrets } from './secrets.js';
import { sync } from './sync.js';
import { throttle } from './throttle.js';
import { tokens } from './tokens.js';
import { webhooks } from './webhooks.js';
import { writes } from './writes.js';
import { workspaces } from './workspaces.js';

/** Each room's crash points, loads and judges; in the order in which they run. */
export const CRASH_ROOMS: readonly CrashRoom[] = [
  throttle,
  tokens,
  portals,
  outbox,
  sync,
  privacy,
  crm,
  webhooks,
  register,
  actions,
  writes,
  workspaces,
  auditRoom,
  secrets,
  installation,
];
