import type { Config } from '../../platform/config/config.js';

type Version = Config['HUBSPOT_OAUTH_VERSION'];

export interface TokenPaths {
  readonly token: string;
  /** Undefined: v1, where the token is part of the path. */
  readonly introspect?: string;
  readonly revoke?: string;
}

/** Where HubSpot's token endpoints are, by the version of their API. */
export const TOKEN_PATHS: Record<Version, TokenPaths> = {
  v1: { token: '/oauth/v1/token' },
  v3: dated('v3'),
  '2026-03': dated('2026-03'),
  '2026-09': dated('2026-09'),
};

export function dated(version: string): TokenPaths {
  const token = `/oauth/${version}/token`;
  return { token, introspect: `${token}/introspect`, revoke: `${token}/revoke` };
}
