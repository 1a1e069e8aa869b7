import { randomInt } from 'node:crypto';
import { installApp } from '../support/installApp.js';
import type { Rate } from '../support/apiClient.js';
import { until, type Flow, type Stack } from '../support/stack.js';

/** One portal in which the app was installed by OAuth, with one workflow of one throttled step. */
export async function installedLane(stack: Stack, rate: Rate): Promise<Flow> {
  const portalId = randomInt(10_000_000, 99_999_999);
  await stack.sandbox.createPortal(portalId);
  await installApp(stack, portalId);
  return stack.addFlow(portalId, { steps: [{ rate }] });
}

export interface PortalRow {
  readonly state: string;
  readonly token_version: number;
  readonly refresh_failures: number;
  readonly refresh_error: string | null;
}

export async function portalRow(stack: Stack, portalId: number): Promise<PortalRow> {
  const { rows } = await stack.pool.query<PortalRow>('SELECT * FROM portals WHERE portal_id = $1', [
    portalId,
  ]);
  if (!rows[0]) throw new Error(`There is no portal ${portalId}`);
  return rows[0];
}

export function untilState(
  stack: Stack,
  portalId: number,
  state: string,
  deadlineMs: number,
): Promise<unknown> {
  return until(
    `portal ${portalId} is ${state}`,
    async () => (await portalRow(stack, portalId)).state === state,
    deadlineMs,
  );
}

/** Calls of the token endpoint to refresh the portal's token, and those that came while another was out. */
export async function refreshesOf(
  stack: Stack,
  portalId: number,
): Promise<{ calls: number; overlapping: number }> {
  const portal = (await stack.sandbox.oauthReport()).tokenCalls.perPortal[portalId];
  return { calls: portal?.refresh_token ?? 0, overlapping: portal?.overlappingRefreshes ?? 0 };
}
