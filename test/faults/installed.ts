import { randomInt } from 'node:crypto';
import { createDataKeys } from '../../src/db/secrets/dataKeys.js';
import { accessTokenContext } from '../../src/secrets/encryptionContext.js';
import { loadConfig } from '../../src/platform/config/config.js';
import { createSealing } from '../../src/secrets/sealing.js';
import type { Rate } from '../support/apiClient.js';
import { installApp } from '../support/installApp.js';
import { until, type Flow, type Stack } from '../support/stack.js';

/** A portal in which the app was installed by a person, so that its token expires, with one throttled workflow. */
export async function installedLane(stack: Stack, rate: Rate): Promise<Flow> {
  const portalId = randomInt(10_000_000, 99_999_999);
  await stack.sandbox.createPortal(portalId);
  await installApp(stack, portalId);
  return stack.addFlow(portalId, { steps: [{ rate }] });
}

/**
 * The same, with a first token of another lifetime than those that follow: it expires during the fault, and only it
 * does.
 */
export async function laneWithShortToken(stack: Stack, rate: Rate, lifetimeSeconds: number): Promise<Flow> {
  await stack.sandbox.settings({ tokenLifetimeSeconds: lifetimeSeconds });
  const flow = await installedLane(stack, rate);
  await stack.sandbox.settings({ tokenLifetimeSeconds: 1800 });
  return flow;
}

export interface PortalRow {
  readonly workspaceId: string;
  readonly state: string;
  readonly stateReason: string | null;
  readonly version: number;
  readonly epoch: number;
  readonly expiresInMs: number;
  readonly refreshFailures: number;
  readonly refreshError: string | null;
  readonly accessTokenSealed: string | null;
}

export async function portalRow(stack: Stack, portalId: number): Promise<PortalRow> {
  const { rows } = await stack.pool.query<PortalRow>(
    `SELECT workspace_id AS "workspaceId", state, state_reason AS "stateReason", token_version AS version, epoch,
            (extract(epoch FROM token_expires_at - clock_timestamp()) * 1000)::float8 AS "expiresInMs", access_token AS "accessTokenSealed",
            refresh_failures AS "refreshFailures", refresh_error AS "refreshError"
       FROM portals WHERE portal_id = $1`,
    [portalId],
  );
  if (!rows[0]) throw new Error(`Portal ${portalId} is not stored`);
  return rows[0];
}

export async function untilState(
  stack: Stack,
  portalId: number,
  state: string,
  deadlineMs: number,
): Promise<PortalRow> {
  return until(
    `portal ${portalId} is ${state}`,
    async () => {
      const row = await portalRow(stack, portalId);
      return row.state === state && row;
    },
    deadlineMs,
  );
}

/** What HubSpot's token endpoints saw of a portal, and which calls came with a token that was worth nothing. */
export async function tokenCalls(stack: Stack, portalId: number) {
  const { tokenCalls: calls, deadTokenCalls } = await stack.sandbox.oauthReport();
  const portal = calls.perPortal[portalId];
  const dead = Object.values(deadTokenCalls.perPortal[portalId] ?? {});
  return {
    refreshes: portal?.refresh_token ?? 0,
    overlapping: portal?.overlappingRefreshes ?? 0,
    answersLost: portal?.answersLost ?? 0,
    dead: dead.reduce((sum, count) => sum + count, 0),
  };
}

export async function untilRefreshing(stack: Stack, portalId: number, deadlineMs: number): Promise<void> {
  await until(
    `HubSpot has been asked to refresh the token of portal ${portalId}`,
    async () => (await tokenCalls(stack, portalId)).refreshes > 0,
    deadlineMs,
  );
}

/** How often its workspace was told that a portal needs a new authorisation. */
export async function reauthNotices(stack: Stack, portalId: number): Promise<number> {
  const { rows } = await stack.pool.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM notices WHERE portal_id = $1 AND kind = 'portal.reauth_required'`,
    [portalId],
  );
  return rows[0]?.count ?? 0;
}

/** Whether what is stored as the portal's token is a token of it, by HubSpot's own word. */
export async function tokenProblems(
  stack: Stack,
  portalId: number,
  clientSecret = stack.secrets.clientSecret,
): Promise<string[]> {
  const { workspaceId, accessTokenSealed } = await portalRow(stack, portalId);
  if (accessTokenSealed === null) return [`Portal ${portalId} has no token`];
  const { ENCRYPTION_KEYS: keys } = loadConfig(stack.env);
  const sealing = createSealing(keys, createDataKeys(stack.pool));
  const token = await sealing.open(accessTokenSealed, accessTokenContext(workspaceId, portalId));
  const response = await fetch(`${stack.sandboxProcess.url}/oauth/2026-03/token/introspect`, {
    method: 'POST',
    body: new URLSearchParams({
      client_id: stack.env['HUBSPOT_CLIENT_ID'] ?? '',
      client_secret: clientSecret,
      token: token.reveal(),
    }),
  });
  const found = (await response.json()) as { active?: boolean; hub_id?: number };
  return found.active === true && found.hub_id === portalId
    ? []
    : [`What is stored as the token of portal ${portalId} is none: ${JSON.stringify(found)}`];
}

/**
 * Notes each token that is stored from now on. `problems` names every write that was not made from the token before
 * it.
 */
export async function watchTokens(stack: Stack): Promise<{ problems(): Promise<string[]> }> {
  await stack.pool.query(`
    CREATE TABLE fault_token_writes (portal_id bigint, version_before int, version int, epoch_before int, epoch int);
    CREATE FUNCTION fault_note_token() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$ BEGIN
      INSERT INTO fault_token_writes VALUES (NEW.portal_id, OLD.token_version, NEW.token_version, OLD.epoch, NEW.epoch);
      RETURN NEW;
    END $$;
    CREATE TRIGGER fault_note_token AFTER UPDATE ON portals FOR EACH ROW
      WHEN (OLD.access_token IS DISTINCT FROM NEW.access_token OR OLD.refresh_token IS DISTINCT FROM NEW.refresh_token)
      EXECUTE FUNCTION fault_note_token()`);
  return {
    async problems() {
      const { rows } = await stack.pool.query<{ portalId: string; before: number; version: number }>(
        `SELECT portal_id AS "portalId", version_before AS before, version FROM fault_token_writes
          WHERE version <> version_before + 1 OR epoch < epoch_before`,
      );
      return rows.map(
        ({ portalId, before, version }) =>
          `Portal ${portalId}: token ${version} was written over token ${before}`,
      );
    },
  };
}
