import { auditedTransaction } from '../db/audit/auditedTransaction.js';
import type { Pool } from '../db/pool.js';
import { connectPortal, type ConnectResult } from '../db/portals/connectPortal.js';
import { createPortalResolver } from '../db/portals/portalResolver.js';
import type { FormerToken } from '../db/throttle/formerThrottle.js';
import { OAuthError, type OAuth } from '../hubspot/oauth/oauth.js';
import type { Config } from '../platform/config/config.js';
import type { Secret } from '../platform/secret.js';
import { accessTokenContext, refreshTokenContext } from '../secrets/encryptionContext.js';
import { openFormerToken } from '../secrets/formerTokens.js';
import type { Sealing } from '../secrets/sealing.js';

const MAX_LISTED = 50;

export interface RefusedToken {
  readonly portal: string | null;
  readonly message: string;
}

/** What came of the tokens, or would. */
export class TokenTally {
  there = 0;
  ready = 0;
  connected = 0;
  refusedRows = 0;
  readonly refused: RefusedToken[] = [];

  refuse(portal: string | null, message: string): void {
    this.refusedRows += 1;
    if (this.refused.length < MAX_LISTED) this.refused.push({ portal, message });
  }

  shown() {
    const { there, ready, connected, refusedRows, refused } = this;
    return { there, ready, connected, refusedRows, refused };
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
}

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
      tally.there += 1;
      continue;
    }
    const token = work.key && openFormerToken(refreshToken ?? '', work.key);
    if (!token) tally.refuse(portal, work.key ? 'was sealed by another key' : WITHOUT_KEY);
    else if (!work.bring) tally.ready += 1;
    else {
      const problem = await connect(work, Number(portal), token);
      if (problem === undefined) tally.connected += 1;
      else tally.refuse(portal, problem);
    }
  }
}

const WITHOUT_KEY = 'is to be connected: npx sluice portals connect, or say the key with --key-file';

/** Why it could not be; HubSpot says whose token it is, and only its account is connected with it. */
async function connect(
  { oauth, sealing, pool, config, workspaceId }: TokenWork,
  portalId: number,
  token: Secret,
): Promise<string | undefined> {
  try {
    const grant = await oauth.refresh({ refreshToken: token, portalId });
    const described = await oauth.introspect(grant.accessToken);
    const account = grant.portalId ?? described.portalId;
    if (account !== portalId) return `has the token of account ${account ?? 'nobody knows which'}`;
    const [accessTokenSealed, refreshTokenSealed] = await Promise.all([
      sealing.seal(grant.accessToken, accessTokenContext(workspaceId, portalId)),
      sealing.seal(grant.refreshToken, refreshTokenContext(workspaceId, portalId)),
    ]);
    const install = {
      ...{ auth: 'oauth' as const, portalId, workspaceId, linkId: null, features: null },
      ...{ hubDomain: described.hubDomain ?? null, scopes: grant.scopes ?? described.scopes ?? [] },
      ...{ accessTokenSealed, refreshTokenSealed, expiresInMs: grant.expiresInMs },
      grantedTo: config.HUBSPOT_CLIENT_ID,
    };
    const limits = { maxPortals: config.PORTALS_PER_WORKSPACE };
    const { kind } = await auditedTransaction(pool, { workspaceId, actor: 'cli' }, (client, note) =>
      connectPortal(client, note, install, limits),
    );
    return PROBLEMS[kind];
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    return error.failure.message;
  }
}

const PROBLEMS: Readonly<Record<ConnectResult['kind'], string | undefined>> = {
  connected: undefined,
  held: 'belongs to another workspace here',
  disconnecting: 'is just being disconnected: bring it again in a few minutes',
  full: 'is one more than this workspace may have (PORTALS_PER_WORKSPACE)',
};
