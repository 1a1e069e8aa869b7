import { auditedTransaction } from '../db/audit/auditedTransaction.js';
import type { Pool } from '../db/pool.js';
import { connectPortal, whyNotStored, type ConnectResult } from '../db/portals/connectPortal.js';
import { createPortalResolver } from '../db/portals/portalResolver.js';
import { inWorkspace } from '../db/tenant.js';
import type { FormerToken } from '../db/throttle/formerThrottle.js';
import { untilAnswered } from '../db/untilAnswered.js';
import { OAuthError, type Grant, type OAuth, type TokenInfo } from '../hubspot/oauth/oauth.js';
import type { FormerGrants } from '../hubspot/tokens/formerGrants.js';
import type { Config } from '../platform/config/config.js';
import { AppError } from '../platform/errors.js';
import type { Logger } from '../platform/logger.js';
import type { Secret } from '../platform/secret.js';
import { accessTokenContext, refreshTokenContext } from '../secrets/encryptionContext.js';
import { openFormerToken } from '../secrets/formerTokens.js';
import type { Sealing } from '../secrets/sealing.js';
import { RefusedRows } from './refusedRows.js';

export interface RefusedToken {
  readonly portal: string | null;
  readonly message: string;
}

/** What came of the tokens, or would. */
export class TokenTally {
  there = 0;
  ready = 0;
  connected = 0;
  readonly refusals = new RefusedRows<RefusedToken>();

  refuse(portal: string | null, message: string): void {
    this.refusals.add({ portal, message });
  }

  shown() {
    const { there, ready, connected, refusals } = this;
    return { there, ready, connected, refusedRows: refusals.count, refused: refusals.listed };
  }
}

export interface TokenWork {
  readonly pool: Pool;
  readonly oauth: Pick<OAuth, 'refresh' | 'introspect'>;
  readonly sealing: Sealing;
  readonly config: Pick<Config, 'PORTALS_PER_WORKSPACE' | 'HUBSPOT_CLIENT_ID'>;
  readonly workspaceId: string;
  /** That of the earlier service; undefined: its tokens are not opened, and its portals are named. */
  readonly key: Secret | undefined;
  readonly bring: boolean;
  /** Undefined: no folder is named, and a grant that is not stored goes with this process. */
  readonly kept: FormerGrants | undefined;
  readonly logger: Logger;
}

/** How long a grant is carried while the database does not take it: HubSpot may have ended the token of before. */
const STORE_FOR_MS = 120_000;

/** Portals that are connected stay as they are. The tokens of others are tried at HubSpot before they are stored. */
export async function bringTokens(
  work: TokenWork,
  rows: readonly FormerToken[],
  tally: TokenTally,
): Promise<void> {
  const resolver = createPortalResolver(work.pool);
  for (const { portal, refreshToken } of rows) {
    if (portal === null || !/^[1-9]\d{0,14}$/.test(portal)) {
      tally.refuse(portal, 'names no portal');
      continue;
    }
    if ((await resolver.find(Number(portal)))?.state === 'active') {
      await work.kept?.remove(Number(portal));
      tally.there += 1;
      continue;
    }
    const token = work.key && openFormerToken(refreshToken ?? '', work.key);
    if (!token) {
      tally.refuse(portal, work.key ? 'was sealed by another key' : WITHOUT_KEY);
      continue;
    }
    // First: a refresh may end the token that the earlier service has, and there is no other.
    const refused = await lookFirst(work, Number(portal));
    if (refused) tally.refuse(portal, PROBLEMS[refused]);
    else if (!work.bring) tally.ready += 1;
    else {
      const problem = await connect(work, Number(portal), token);
      if (problem === undefined) tally.connected += 1;
      else tally.refuse(portal, problem);
    }
  }
}

const WITHOUT_KEY = 'is to be connected: npx sluice portals connect, or say the key with --key-file';

const lookFirst = ({ pool, config, workspaceId }: TokenWork, portalId: number) =>
  inWorkspace(pool, workspaceId, (client) =>
    whyNotStored(client, { workspaceId, portalId }, { maxPortals: config.PORTALS_PER_WORKSPACE }),
  );

/** Why it could not be; HubSpot says whose token it is, and only its account is connected with it. */
async function connect(work: TokenWork, portalId: number, token: Secret): Promise<string | undefined> {
  const { oauth, sealing, pool, config, workspaceId, kept, logger } = work;

  async function store(grant: Grant, { hubDomain, scopes }: TokenInfo): Promise<ConnectResult> {
    const [accessTokenSealed, refreshTokenSealed] = await Promise.all([
      sealing.seal(grant.accessToken, accessTokenContext(workspaceId, portalId)),
      sealing.seal(grant.refreshToken, refreshTokenContext(workspaceId, portalId)),
    ]);
    const install = {
      ...{ auth: 'oauth' as const, portalId, workspaceId, linkId: null, features: null },
      ...{ hubDomain: hubDomain ?? null, scopes: grant.scopes ?? scopes ?? [] },
      ...{ accessTokenSealed, refreshTokenSealed, expiresInMs: grant.expiresInMs },
      grantedTo: config.HUBSPOT_CLIENT_ID,
    };
    const limits = { maxPortals: config.PORTALS_PER_WORKSPACE };
    return auditedTransaction(pool, { workspaceId, actor: 'cli' }, (client, note) =>
      connectPortal(client, note, install, limits),
    );
  }

  try {
    const grant = await refresh(work, portalId, token);
    await kept?.write(grant.portalId ?? portalId, grant.refreshToken).catch((error: unknown) => {
      logger.error('The journal of tokens cannot be written: a token is kept in this process alone', {
        portalId,
        error,
      });
    });
    const described = await oauth.introspect(grant.accessToken);
    const account = grant.portalId ?? described.portalId;
    if (account !== portalId) return `has the token of account ${account ?? 'nobody knows which'}`;
    const giveUpAt = performance.now() + STORE_FOR_MS;
    const { kind } = await untilAnswered(() => store(grant, described), {
      goOn: (_, error) => !(error instanceof AppError) && performance.now() < giveUpAt,
      onFailure: (error, attempt) =>
        logger.error('A token could not be stored yet', { portalId, attempt, error }),
      maxPauseMs: 5000,
    });
    if (kind !== 'connected') return PROBLEMS[kind];
    await kept?.remove(portalId);
    return undefined;
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    return error.failure.message;
  }
}

/** What an earlier run was granted and could not store goes before the token that it followed. */
async function refresh({ oauth, kept }: TokenWork, portalId: number, token: Secret): Promise<Grant> {
  const left = await kept?.find(portalId);
  if (!left) return oauth.refresh({ refreshToken: token, portalId });
  try {
    return await oauth.refresh({ refreshToken: left, portalId });
  } catch (error) {
    // It has ended since: the earlier service may have another one by now.
    if (!(error instanceof OAuthError) || error.failure.class !== 'gone') throw error;
    return oauth.refresh({ refreshToken: token, portalId });
  }
}

const PROBLEMS: Readonly<Record<Exclude<ConnectResult['kind'], 'connected'>, string>> = {
  held: 'belongs to another workspace here',
  disconnecting: 'is just being disconnected: bring it again in a few minutes',
  full: 'is one more than this workspace may have (PORTALS_PER_WORKSPACE)',
};
