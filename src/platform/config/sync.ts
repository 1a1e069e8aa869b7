import { count } from './values.js';

export const syncSchema = {
  MIRROR_KEEP_DAYS: count(1, 3650).default(30),
  /** At most as many as one round compares (domain/sync/portalSchedule.ts). */
  SYNC_PORTAL_SCHEDULES: count(0, 1000).default(100),
};
