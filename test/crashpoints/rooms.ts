import type { CrashRoom } from './crashRoom.js';
import { throttle } from './throttle.js';
import { tokens } from './tokens.js';

/** Each room's crash points, loads and judges; in the order in which they run. */
export const CRASH_ROOMS: readonly CrashRoom[] = [throttle, tokens];
