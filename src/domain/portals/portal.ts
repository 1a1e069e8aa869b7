/** A portal, and the workspace that holds it. */
export interface PortalId {
  readonly workspaceId: string;
  readonly portalId: number;
}

/** A portal as it was installed or disconnected once: under a later epoch, what names this one changes nothing. */
export interface PortalEpoch extends PortalId {
  /** Grows with each install and each disconnect. */
  readonly epoch: number;
}

/**
 * `active`: in use. `reauth_required`: HubSpot refused its refresh token, and everything of it pauses until somebody
 * authorises the app again. `disconnecting`: what waits is being ended and the grant given back. `disconnected`: it has
 * no token any more.
 */
export const PORTAL_STATES = ['active', 'reauth_required', 'disconnecting', 'disconnected'] as const;
export type PortalState = (typeof PORTAL_STATES)[number];

/** How a portal was connected: by an OAuth install, or by a private app's token, which does not expire. */
export const PORTAL_AUTHS = ['oauth', 'private_app'] as const;
export type PortalAuth = (typeof PORTAL_AUTHS)[number];
