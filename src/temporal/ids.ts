/**
 * Names on the Temporal side, in one place. A pack's workflow id is made with its row (migrations/functions/throttle/take_pack.sql):
 * `throttle/<portalId>/<callbackId of its first execution>`.
 */
export const THROTTLE_WORKFLOW = 'throttle';
export const RELAY_WORKFLOW = 'relay';
export const RELAY_SCHEDULE_ID = 'sluice-relay';
export const NUDGE_SIGNAL = 'nudge';

export const DISCONNECT_WORKFLOW = 'disconnect';
export const INSTALL_WORKFLOW = 'install';

/** A portal as it was installed or disconnected once: under a later epoch, what names this one changes nothing. */
export interface PortalEpoch {
  readonly workspaceId: string;
  readonly portalId: number;
  readonly epoch: number;
}

/** One per disconnect: the epoch tells it from those before. */
export function disconnectWorkflowId(portalId: number, epoch: number): string {
  return `disconnect/${portalId}/${epoch}`;
}

/** One per install of the portal. */
export function installWorkflowId(portalId: number, epoch: number): string {
  return `install/${portalId}/${epoch}`;
}

export const TOKEN_KEEPER_WORKFLOW = 'tokenKeeper';
export const PORTAL_CHANGED_SIGNAL = 'portalChanged';
export const NOTICE_WORKFLOW = 'notice';

export function tokenKeeperWorkflowId(portalId: number): string {
  return `tokenKeeper/${portalId}`;
}

export function noticeWorkflowId(noticeId: string): string {
  return `notice/${noticeId}`;
}

export const OUTBOX_DELIVERY_WORKFLOW = 'outboxDelivery';

/** The delivery of a portal's events; one at a time. */
export function deliveryWorkflowId(portalId: number): string {
  return `outboxDelivery/${portalId}`;
}

export const OUTBOX_REDRIVE_WORKFLOW = 'outboxRedrive';

/** What puts events back on their way at a limited pace. */
export function redriveWorkflowId(redriveId: string): string {
  return `outboxRedrive/${redriveId}`;
}
