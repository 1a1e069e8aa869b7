import type { ClaimRequest, OutboxClaim } from '../../db/outbox/claims.js';
import type { OutboxPortal } from '../../db/outbox/portals.js';
import { forWorkspace } from '../../db/tenant.js';
import { createAskHubSpot } from './askHubSpot.js';
import type { DeliveryDependencies } from './deliveryDependencies.js';
import { holdClaim } from './holdClaim.js';
import { prepareClaim, type PreparedClaim } from './prepareClaim.js';
import { sendRun } from './sendRun.js';
import { settleClaim, type Delivered } from './settleClaim.js';

/**
 * Delivers the events of one claim and books what became of each. Whatever happens to this process, the next holder
 * can go on: what HubSpot cannot deduplicate stands in the ledger before it is sent, and what was settled is settled
 * in one statement.
 *
 * `nextRequest` says what to claim with the settlement; it is asked only where all went well.
 */
export async function deliverClaim(
  deps: DeliveryDependencies,
  portal: OutboxPortal,
  claim: OutboxClaim,
  nextRequest: () => Promise<ClaimRequest> | undefined = () => undefined,
): Promise<Delivered> {
  const db = forWorkspace(deps.pool, portal.workspaceId);
  const ask = createAskHubSpot(deps, portal);
  const held = holdClaim(db, claim, deps);
  let prepared: PreparedClaim;
  try {
    prepared = await prepareClaim(deps, { db, portal, ask }, claim);
    for (const run of prepared.runs) await sendRun({ db, portal, ask, claim, held }, run);
  } finally {
    held.end();
  }
  return settleClaim(deps, portal, claim, prepared, nextRequest);
}
