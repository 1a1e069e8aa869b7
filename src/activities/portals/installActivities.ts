import { ApplicationFailure } from '@temporalio/activity';
import { audit } from '../../db/audit/audit.js';
import { notify } from '../../db/workspaces/notices.js';
import type { Pool } from '../../db/pool.js';
import {
  advanceDisconnect,
  findDisconnect,
  noteResumed,
  setTimeZone,
} from '../../db/portals/portalStates.js';
import { refreshTokenContext } from '../../secrets/encryptionContext.js';
import { forWorkspace, inWorkspace } from '../../db/tenant.js';
import { timeZoneOf } from '../../hubspot/gateway/timeZone.js';
import type { Gateway, Outcome } from '../../hubspot/gateway/gateway.js';
import { OAuthError, type OAuth } from '../../hubspot/oauth/oauth.js';
import type { Sealing } from '../../secrets/sealing.js';
import type { Keeper, Tokens } from '../../hubspot/tokens/tokens.js';
import type { Logger } from '../../platform/logger.js';
import type { DisconnectResult, PortalEpoch, TakenBack } from '../../temporal/portals/contract.js';

interface Dependencies {
  pool: Pool;
  gateway: Pick<Gateway, 'request'>;
  oauth: Pick<OAuth, 'revoke'>;
  sealing: Sealing;
  tokens: Pick<Tokens, 'forget'>;
  /** What keeps the portal's token fresh is told that the portal's state has changed. */
  keeper: Pick<Keeper, 'notifyChanged'>;
  logger: Logger;
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
}: Dependencies) {
  return {
    async planDisconnect({ workspaceId, portalId, epoch }: PortalEpoch) {
      const { current, canTellHubSpot, uninstall, auth } = await findDisconnect(
        forWorkspace(pool, workspaceId),
        portalId,
        epoch,
      );
      return { current, canTellHubSpot, uninstall: uninstall && auth === 'oauth' };
    },

    async noteStep({ workspaceId, portalId, epoch, step }: PortalEpoch & { step: string }): Promise<void> {
      await advanceDisconnect(forWorkspace(pool, workspaceId), portalId, epoch, { step });
    },

    /** Removes the app from the account; HubSpot mails its admins. */
    async uninstallApp({ portalId }: PortalEpoch): Promise<TakenBack> {
      const outcome = await gateway.request({ portalId, priority: 'interactive', resource: 'uninstall' });
      return takenBack('The app could not be removed', outcome);
    },

    /** HubSpot gives no token for the grant any more. Those it gave last until they expire. */
    async revokeGrant({ workspaceId, portalId, epoch }: PortalEpoch): Promise<TakenBack> {
      const { current, refreshTokenSealed } = await findDisconnect(
        forWorkspace(pool, workspaceId),
        portalId,
        epoch,
      );
      if (!current || refreshTokenSealed === null) return 'nothing';
      const refreshToken = await sealing.open(refreshTokenSealed, refreshTokenContext(workspaceId, portalId));
      try {
        await oauth.revoke(refreshToken);
        return 'done';
      } catch (error) {
        if (!(error instanceof OAuthError)) throw error;
        const { class: kind, retryAfterMs } = error.failure;
        if (kind === 'gone') return 'nothing';
        if (kind === 'configuration' || kind === 'restart') return 'refused';
        throw again(`The grant could not be revoked: ${kind}`, retryAfterMs);
      }
    },

    async removeTokens({ workspaceId, portalId, epoch }: PortalEpoch): Promise<void> {
      await advanceDisconnect(forWorkspace(pool, workspaceId), portalId, epoch, { tokensRemoved: true });
      tokens.forget(portalId);
    },

    async finishDisconnect({
      workspaceId,
      portalId,
      epoch,
      revoked,
      uninstalled,
      endedLocally,
    }: PortalEpoch & Omit<DisconnectResult, 'superseded'>): Promise<{ current: boolean }> {
      const reason = reasonOf(revoked, uninstalled);
      const current = await inWorkspace(pool, workspaceId, async (client) => {
        if (!(await advanceDisconnect(client, portalId, epoch, { disconnected: reason }))) return false;
        const detail = { revoked, uninstalled, endedLocally };
        await notify(client, { workspaceId, kind: 'portal.disconnected', portalId, detail });
        await audit(client, {
          workspaceId,
          actor: 'system',
          operation: 'portal.disconnected',
          portalId,
          subject: { epoch, ...detail },
          result: 'ok',
        });
        return true;
      });
      tokens.forget(portalId);
      await keeper.notifyChanged(portalId);
      logger.info('A portal is disconnected', { portalId, revoked, uninstalled, endedLocally });
      return { current };
    },

    async noteResumed({ workspaceId, portalId, epoch }: PortalEpoch): Promise<void> {
      await keeper.notifyChanged(portalId);
      await noteResumed(forWorkspace(pool, workspaceId), portalId, epoch);
    },

    /** Its time zone says when a daily limit of HubSpot's ends. */
    async readAccount({ workspaceId, portalId }: PortalEpoch): Promise<void> {
      const outcome = await gateway.request({ portalId, priority: 'interactive', resource: 'readAccount' });
      if (outcome.kind === 'ok') {
        const timeZone = timeZoneOf(outcome.body);
        if (timeZone !== undefined) await setTimeZone(forWorkspace(pool, workspaceId), portalId, timeZone);
        tokens.forget(portalId);
      } else if (willNot(outcome)) {
        logger.warn('HubSpot does not tell about the account; its time zone stays as it is', {
          portalId,
          kind: outcome.kind,
        });
      } else {
        throw again(`The account could not be read: ${outcome.kind}`, retryAfterOf(outcome));
      }
    },
  };
}

function takenBack(what: string, outcome: Outcome): TakenBack {
  if (outcome.kind === 'ok' || outcome.kind === 'partial') return 'done';
  if (outcome.kind === 'unauthorized' || outcome.kind === 'notFound') return 'nothing';
  if (willNot(outcome)) return 'refused';
  throw again(`${what}: ${outcome.kind}`, retryAfterOf(outcome));
}

/** A repeat changes nothing. */
function willNot({ kind }: Outcome): boolean {
  return kind === 'invalid' || kind === 'forbidden' || kind === 'notFound' || kind === 'unauthorized';
}

function retryAfterOf(outcome: Outcome): number | undefined {
  return 'retryAfterMs' in outcome ? outcome.retryAfterMs : undefined;
}

function again(message: string, retryAfterMs: number | undefined): ApplicationFailure {
  return ApplicationFailure.create({
    message,
    ...(retryAfterMs !== undefined && { nextRetryDelay: retryAfterMs }),
  });
}

function reasonOf(revoked: TakenBack, uninstalled: TakenBack): string {
  if (revoked === 'unconfirmed' || uninstalled === 'unconfirmed')
    return 'Disconnected; HubSpot did not confirm: see whether the app is still listed in the account';
  if (revoked === 'refused' || uninstalled === 'refused')
    return 'Disconnected; HubSpot refused to take the grant back: see whether the app is still listed in the account';
  return 'Disconnected on request';
}
