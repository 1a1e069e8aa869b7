import type { GatewayRequest, Outcome } from '../../../src/hubspot/gateway/gateway.js';
import { runSync } from '../../../src/services/sync/syncRun.js';
import { startSync } from '../../../src/db/sync/changeSync.js';
import { forWorkspace } from '../../../src/db/tenant.js';
import { WORKSPACE } from '../../support/throttle.js';
import { startApi } from '../http/harness.js';
import { startCrm } from '../sandbox/crmHarness.js';
import { PORTAL } from '../sandbox/harness.js';
import { crmGateway } from '../sync/crmGateway.js';

export interface Written {
  readonly outcome: string;
  readonly record: { readonly id: string; readonly properties: Record<string, string | null> };
  readonly fresh: string;
  readonly detail?: string;
  readonly type?: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
}

/** The API before a simulated HubSpot with one portal, without the gateway's budget. */
export async function startWrites() {
  const crm = await startCrm();
  const gateway = crmGateway(() => crm);
  let before: (request: GatewayRequest) => Promise<void> = () => Promise.resolve();
  const requests: GatewayRequest[] = [];
  const held: Pick<typeof gateway, 'request'> = {
    async request(request): Promise<Outcome> {
      requests.push(request);
      await before(request);
      return gateway.request(request);
    },
  };
  const harness = await startApi({}, {}, undefined, undefined, held);
  await harness.database.admin.query(`INSERT INTO portals (portal_id, workspace_id) VALUES ($1, $2)`, [
    PORTAL,
    WORKSPACE,
  ]);
  await crm.post('/crm/properties/2026-03/contacts', {
    ...{ name: 'external_id', label: 'External id', groupName: 'contactinformation' },
    ...{ type: 'string', fieldType: 'text', hasUniqueValue: true },
  });
  const object = { workspaceId: WORKSPACE, portalId: PORTAL, objectType: 'contacts' };
  return {
    ...harness,
    crm,
    gateway,
    /** The same, as the API has it. */
    hubspot: held,
    object,
    /** What was asked of HubSpot, in its order. */
    requests,
    /** Each request waits for this from now on. */
    hold(wait: (request: GatewayRequest) => Promise<void>) {
      before = wait;
    },
    letGo() {
      before = () => Promise.resolve();
      gateway.forget();
      requests.length = 0;
    },
    async mirror() {
      await startSync(forWorkspace(harness.database.pool, WORKSPACE), object);
      await this.follow();
    },
    /** One turn of whoever follows the portal's changes. */
    async follow() {
      await harness.database.admin.query(
        'UPDATE sync_states SET due_at = clock_timestamp(), lease_until = NULL',
      );
      await runSync(
        { pool: harness.database.pool, gateway, clock: { nowMs: () => Date.now() } },
        {
          ...{ object, signal: new AbortController().signal, untilMs: Infinity },
          onPage: () => undefined,
          onUnhandled: (error) => {
            throw error;
          },
        },
      );
    },
    async end() {
      await harness.close();
      await crm.close();
    },
  };
}
export type WritesRig = Awaited<ReturnType<typeof startWrites>>;
