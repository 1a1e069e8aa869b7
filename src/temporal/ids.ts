/**
 * Names on the Temporal side, in one place. A pack's workflow id is made with its row (migrations/functions/take_pack.sql):
 * `throttle/<portalId>/<callbackId of its first execution>`.
 */
export const THROTTLE_WORKFLOW = 'throttle';
export const RELAY_WORKFLOW = 'relay';
export const RELAY_SCHEDULE_ID = 'sluice-relay';
export const NUDGE_SIGNAL = 'nudge';
