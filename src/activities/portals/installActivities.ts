import { activityInfo, ApplicationFailure } from '@temporalio/activity';
import type { Pool } from '../../db/pool.js';
import { noteResumed } from '../../db/portals/portalsLeftBehind.js';
import {
  findDisconnect,
  finishDisconnect,
  noteDisconnectStep,
  removeTokens,
} from '../../db/portals/disconnectPortal.js';
import { backoffMs } from '../../domain/hubspot/backoff.js';
import { setTimeZone } from '../../db/portals/portalSettings.js';
import { settleVerification } from '../../db/portals/settleVerification.js';
import { refreshTokenContext } from '../../secrets/encryptionContext.js';
import { forWorkspace } from '../../db/tenant.js';
import { portalIdOf, timeZoneOf } from '../../hubspot/gateway/accountInfo.js';
import type { Gateway, Outcome } from '../../hubspot/gateway/gateway.js';
import { OAuthError, type OAuth } from '../../hubspot/oauth/oauth.js';
import type { Sealing } from '../../secrets/sealing.js';
import type { Tokens } from '../../hubspot/tokens/tokens.js';
import type { Keeper } from '../../hubspot/tokens/tokenUse.js';
import { crashPoint } from '../../platform/crashPoint.js';
import type { Logger } from '../../platform/logger.js';
import type { DisconnectResult, TakenBack } from '../../temporal/portals/contract.js';
import type { PortalEpoch } from '../../domain/portals/portal.js';

interface Dependencies {
  pool: Pool;
  gateway: Pick<Gateway, 'request'>;
  oauth: Pick<OAuth, 'revoke'>;
  sealing: Sealing;
  tokens: Pick<Tokens, 'forget'>;
  /** The token keeper is notified when the portal's state has changed. */
  keeper: Pick<Keeper, 'notifyChanged'>;
  logger: Logger;
  /** Which try of its activity this is. */
  attempt?: () => number;
}

export type InstallActivities = ReturnType<typeof createInstallActivities>;

/** The steps of the workflows `install` and `disconnect`. Each is safe to repeat. */
export function createInstallActivities({
  pool,
  gateway,
  oauth,
  sealing,
  tokens,
  keeper,
  logger,
  attempt = () => activityInfo().attempt,
}: Dependencies) {
  return {
    async planDisconnect(portal: PortalEpoch) {
      const db = forWorkspace(pool, portal.workspaceId);
      const { current, canTellHubSpot, uninstall, auth } = await findDisconnect(db, portal);
      return { current, canTellHubSpot, uninstall: uninstall && auth === 'oauth' };
    },

    async noteStep({ step, ...portal }: PortalEpoch & { step: string }): Promise<void> {
      await noteDisconnectStep(forWorkspace(pool, portal.workspaceId), portal, step);
    },

    /** Removes the app from the account; HubSpot mails its admins. */
    async uninstallApp({ portalId }: PortalEpoch): Promise<TakenBack> {
      const outcome = await gateway.request({ portalId, priority: 'interactive', resource: 'uninstall' });
      crashPoint('portals.disconnect.uninstalled');
      return takenBack('The app could not be removed', outcome, attempt);
    },

    /** HubSpot gives no token for the grant any more. Those it gave last until they expire. */
    async revokeGrant(portal: PortalEpoch): Promise<TakenBack> {
      const { workspaceId, portalId } = portal;
      const { current, refreshTokenSealed } = await findDisconnect(forWorkspace(pool, workspaceId), portal);
      if (!current || refreshTokenSealed === null) return 'nothing';
      const refreshToken = await sealing.open(refreshTokenSealed, refreshTokenContext(workspaceId, portalId));
      try {
        await oauth.revoke(refreshToken);
        crashPoint('portals.disconnect.revoked');
        return 'done';
      } catch (error) {
        if (!(error instanceof OAuthError)) throw error;
        const { class: kind, retryAfterMs } = error.failure;
        if (kind === 'gone') return 'nothing';
        if (kind === 'configuration' || kind === 'restart') return 'refused';
        throw again(`The grant could not be revoked: ${kind}`, retryAfterMs, attempt);
      }
    },

    async removeTokens(portal: PortalEpoch): Promise<void> {
      await removeTokens(forWorkspace(pool, portal.workspaceId), portal);
      crashPoint('portals.disconnect.tokens-removed');
      tokens.forget(portal.portalId);
    },

    async finishDisconnect({
      workspaceId,
      portalId,
      epoch,
      revoked,
      uninstalled,
      endedLocally,
    }: PortalEpoch & Omit<DisconnectResult, 'superseded'>): Promise<{ current: boolean }> {
      const portal = { workspaceId, portalId, epoch };
      const detail = { revoked, uninstalled, endedLocally };
      const current = await finishDisconnect(pool, portal, {
        reason: reasonOf(revoked, uninstalled),
        ...detail,
      });
      crashPoint('portals.disconnect.finished');
      tokens.forget(portalId);
      await keeper.notifyChanged(portalId);
      logger.info('A portal is disconnected', { portalId, revoked, uninstalled, endedLocally });
      return { current };
    },

    async noteResumed(portal: PortalEpoch): Promise<void> {
      await keeper.notifyChanged(portal.portalId);
      crashPoint('portals.install.keeper-told');
      await noteResumed(forWorkspace(pool, portal.workspaceId), portal);
    },

    /**
     * Its time zone says when a daily limit of HubSpot's ends; its number, that the token is this portal's. A token of
     * another account, which may have come from the environment, is used for nothing more.
     */
    async readAccount({ workspaceId, portalId }: PortalEpoch): Promise<void> {
      const outcome = await gateway.request({ portalId, priority: 'interactive', resource: 'readAccount' });
      crashPoint('portals.account.read');
      if (outcome.kind === 'ok') {
        const account = portalIdOf(outcome.body);
        if (account !== undefined) await settleVerification(pool, { workspaceId, portalId, account });
        crashPoint('portals.account.verified');
        const timeZone = timeZoneOf(outcome.body);
        if ((account ?? portalId) === portalId && timeZone !== undefined)
          await setTimeZone(forWorkspace(pool, workspaceId), portalId, timeZone);
        tokens.forget(portalId);
      } else if (isFinal(outcome)) {
        logger.warn('HubSpot does not answer for the account; its time zone stays as it is', {
          portalId,
          kind: outcome.kind,
        });
      } else {
        throw again(`The account could not be read: ${outcome.kind}`, retryAfterOf(outcome), attempt);
      }
    },
  };
}

function takenBack(what: string, outcome: Outcome, attempt: () => number): TakenBack {
  if (outcome.kind === 'ok' || outcome.kind === 'partial') return 'done';
  if (outcome.kind === 'unauthorized' || outcome.kind === 'notFound') return 'nothing';
  if (isFinal(outcome)) return 'refused';
  throw again(`${what}: ${outcome.kind}`, retryAfterOf(outcome), attempt);
}

/** A repeat changes nothing. */
function isFinal({ kind }: Outcome): boolean {
  return kind === 'invalid' || kind === 'forbidden' || kind === 'notFound' || kind === 'unauthorized';
}

function retryAfterOf(outcome: Outcome): number | undefined {
  return 'retryAfterMs' in outcome ? outcome.retryAfterMs : undefined;
}

/** HubSpot's wish makes the pauses longer and never shorter: they grow with the tries, whatever it asks for. */
function again(message: string, retryAfterMs: number | undefined, attempt: () => number): ApplicationFailure {
  if (retryAfterMs === undefined) return ApplicationFailure.create({ message });
  const own = backoffMs(attempt(), { baseMs: 1000, maxMs: 60_000, random: Math.random });
  return ApplicationFailure.create({ message, nextRetryDelay: Math.max(own, retryAfterMs) });
}

function reasonOf(revoked: TakenBack, uninstalled: TakenBack): string {
  if (revoked === 'unconfirmed' || uninstalled === 'unconfirmed')
    return 'Disconnected; HubSpot did not confirm: see whether the app is still listed in the account';
  if (revoked === 'refused' || uninstalled === 'refused')
    return 'Disconnected; HubSpot refused to take the grant back: see whether the app is still listed in the account';
  return 'Disconnected on request';
}
