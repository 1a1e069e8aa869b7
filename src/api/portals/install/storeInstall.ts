import { auditedTransaction } from '../../../db/audit/auditedTransaction.js';
import {
  connectPortal,
  PORTALS_FULL,
  type ConnectedPortal,
  type ConnectResult,
} from '../../../db/portals/connectPortal.js';
import { completeInstallLink, type ConsumedState } from '../../../db/portals/installLinks.js';
import { installStands, type InstallStanding } from '../../../db/portals/installStands.js';
import { takeOverPortal, type Patience } from '../../../db/portals/takeOverPortal.js';
import type { Pool } from '../../../db/pool.js';
import { scopesOf } from '../../../domain/portals/featureScopes.js';
import type { Config } from '../../../platform/config/config.js';
import { crashPoint } from '../../../platform/crashPoint.js';
import { AppError } from '../../../platform/errors.js';
import { accessTokenContext, refreshTokenContext } from '../../../secrets/encryptionContext.js';
import type { Sealing } from '../../../secrets/sealing.js';
import type { StartPortalWorkflow } from '../startPortalWorkflow.js';
import type { InstallGrant } from './obtainGrant.js';
import { featuresOf } from './redirectToHubSpot.js';

/*
 * How what HubSpot granted to an install comes to be stored: by its page, or later where the database did not take it
 * then (keptInstalls.ts). Portal, link's end, notice and audit entry are committed together.
 *
 * A grant that is not stored is not revoked: for one app and account HubSpot may give the same refresh token each time,
 * and a workspace that holds the account already would lose it.
 */

/** What an install was begun with, as far as storing it goes. */
export type BegunInstall = Pick<
  ConsumedState,
  'workspaceId' | 'linkId' | 'scopes' | 'expectedPortalId' | 'features' | 'actor' | 'usedAt'
>;

export interface StoreDependencies {
  readonly pool: Pool;
  readonly sealing: Sealing;
  readonly config: Pick<Config, 'PORTALS_PER_WORKSPACE' | 'HUBSPOT_CLIENT_ID'>;
  /** Ends a portal in the workspace that gives it up. */
  readonly startDisconnect: StartPortalWorkflow;
}

/** It was overtaken since its state was used up. */
interface Overtaken {
  readonly kind: 'overtaken';
  readonly standing: Exclude<InstallStanding, 'stands'>;
}

export type StoreResult = ConnectResult | Overtaken;

/** Whether this is the account that was meant, with all that must be granted. */
export function checkGrant(begun: BegunInstall, { portalId, granted }: InstallGrant): void {
  const { expectedPortalId, scopes } = begun;
  if (expectedPortalId !== null && expectedPortalId !== portalId)
    throw new AppError(
      'install_wrong_account',
      `Account ${expectedPortalId} was to be connected, and account ${portalId} was chosen. Nothing was stored.`,
    );
  const missing = scopes.filter((scope) => !granted.includes(scope));
  if (missing.length > 0)
    throw new AppError(
      'install_missing_scope',
      `HubSpot did not grant ${missing.join(', ')}. Nothing was stored.`,
    );
}

/** Scopes that the portal needs and that were neither granted nor asked for: the grant would take them away. */
export async function scopesNotAskedFor(
  pool: Pool,
  { workspaceId, features, scopes }: BegunInstall,
  { portalId, granted }: InstallGrant,
): Promise<readonly string[]> {
  const needed = scopesOf(await featuresOf(pool, { workspaceId, expectedPortalId: portalId, features }));
  return needed.filter((scope) => !granted.includes(scope) && !scopes.includes(scope));
}

/**
 * An install proves that its workspace holds the account: one that never did, or has disconnected it, gives it up. What
 * waits there ends first, for which `patience` says how long it is waited. `repeated` runs each commit.
 */
export async function storeInstall(
  { pool, sealing, config, startDisconnect }: StoreDependencies,
  begun: BegunInstall,
  grant: InstallGrant,
  {
    patience,
    isLate = false,
    repeated = (commit) => commit(),
  }: {
    readonly patience: Patience;
    /** Its page has ended: it is stored only where nobody has overtaken it since. */
    readonly isLate?: boolean;
    readonly repeated?: (commit: () => Promise<StoreResult>) => Promise<StoreResult>;
  },
): Promise<StoreResult> {
  const { workspaceId, linkId, features, actor } = begun;
  const { portalId, hubDomain, granted, expiresInMs } = grant;
  const [accessTokenSealed, refreshTokenSealed] = await Promise.all([
    sealing.seal(grant.accessToken, accessTokenContext(workspaceId, portalId)),
    sealing.seal(grant.refreshToken, refreshTokenContext(workspaceId, portalId)),
  ]);
  const install = {
    ...{ auth: 'oauth' as const, portalId, workspaceId, linkId, hubDomain, scopes: granted, features },
    ...{ accessTokenSealed, refreshTokenSealed, expiresInMs, grantedTo: config.HUBSPOT_CLIENT_ID },
  };
  const commit = () =>
    auditedTransaction<StoreResult>(pool, begun, async (client, note) => {
      const standing = isLate ? await installStands(client, { ...begun, portalId }) : 'stands';
      if (standing !== 'stands') return { kind: 'overtaken', standing };
      const limits = { maxPortals: config.PORTALS_PER_WORKSPACE };
      const connected = await connectPortal(client, note, install, limits);
      if (connected.kind === 'connected') await completeInstallLink(client, linkId);
      return connected;
    });
  const first = await repeated(commit);
  if (first.kind !== 'held') return first;
  crashPoint('portals.take.wanted');
  const released = await takeOverPortal(pool, { workspaceId, portalId, actor }, patience, startDisconnect);
  crashPoint('portals.take.released');
  if (released === 'ending') return { kind: 'disconnecting' };
  return released === 'free' ? repeated(commit) : first;
}

/** Throws for what is no connection. */
export function portalOf(stored: StoreResult): ConnectedPortal {
  switch (stored.kind) {
    case 'connected':
      return stored.portal;
    case 'held':
      throw new AppError(
        'install_refused',
        'This HubSpot account cannot be connected here. Nothing was stored.',
      );
    case 'full':
      throw new AppError('install_refused', `${PORTALS_FULL} Nothing was stored.`);
    case 'disconnecting':
      throw new AppError(
        'install_busy',
        'This account is just being disconnected. Start again in a few minutes.',
      );
    case 'overtaken':
      throw new AppError('install_expired', `The install was overtaken: ${stored.standing}`);
  }
}
