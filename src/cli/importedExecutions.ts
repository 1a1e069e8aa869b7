import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from '../db/pool.js';
import type { PortalResolver } from '../db/portals/portalResolver.js';
import { findPortalSettings } from '../db/portals/portalSettings.js';
import { forWorkspace } from '../db/tenant.js';
import { forgetRefused, knownCallbacks } from '../db/throttle/knownCallbacks.js';
import type { FormerExecution } from '../db/throttle/formerThrottle.js';
import { groupedBy } from '../domain/groupedBy.js';
import type { Config } from '../platform/config/config.js';
import { sideBySide } from '../platform/sideBySide.js';
import {
  readFormerExecution,
  type FormerCall,
  type RefusedExecution,
} from '../services/throttle/formerExecutions.js';
import { CliError } from './errors.js';
import { RefusedRows } from './refusedRows.js';
import { callSigned, type CallOutputs } from './signedCall.js';

/** What came of the executions, or would. */
export class ExecutionTally {
  ready = 0;
  /** Of these, those whose rate cannot be read: the lane has the rate that it has without one. */
  withoutRate = 0;
  there = 0;
  brought = 0;
  readonly refusals = new RefusedRows<RefusedExecution>();
  /** Rows of portals that are not connected, by portal. */
  readonly elsewhere = new Map<number, number>();

  refuse(row: RefusedExecution): void {
    this.refusals.add(row);
  }

  shown() {
    const { ready, withoutRate, there, brought, refusals } = this;
    const refused = { refusedRows: refusals.count, refused: refusals.listed };
    return { ready, withoutRate, there, brought, ...refused };
  }
}

interface Bringing {
  readonly pool: Pool;
  readonly portals: Pick<PortalResolver, 'find'>;
  readonly config: Pick<Config, 'PUBLIC_URL' | 'HUBSPOT_CLIENT_SECRET'>;
  readonly bring: boolean;
}

/** A page of rows: what is there already is counted, the others are called for as HubSpot would, in their order. */
export async function bringPage(
  { pool, portals, config, bring }: Bringing,
  rows: readonly FormerExecution[],
  tally: ExecutionTally,
): Promise<void> {
  const calls: FormerCall[] = [];
  for (const row of rows) {
    const read = readFormerExecution(row);
    if (read.ok) calls.push(read.call);
    else tally.refuse(read.refused);
  }
  const wanted: FormerCall[] = [];
  for (const [portalId, ofPortal] of groupedBy(calls, (call) => call.portalId)) {
    const portal = await portals.find(portalId);
    if (portal?.state !== 'active') {
      tally.elsewhere.set(portalId, (tally.elsewhere.get(portalId) ?? 0) + ofPortal.length);
      continue;
    }
    const { workspaceId } = portal;
    const freshOnes = await fresh(pool, workspaceId, portalId, ofPortal, tally);
    const settings = await findPortalSettings(forWorkspace(pool, workspaceId), portalId);
    if (settings?.throttleEnabled === false) {
      for (const { id } of freshOnes) tally.refuse({ id, field: 'portal', message: switchedOff(portalId) });
      continue;
    }
    const callbackIds = freshOnes.map(({ callbackId }) => callbackId);
    if (bring) await forgetRefused(pool, { workspaceId, portalId, callbackIds });
    wanted.push(...freshOnes);
  }
  tally.ready += wanted.length;
  tally.withoutRate += wanted.filter(({ hasRate }) => !hasRate).length;
  if (!bring) return;
  // What waited in one queue keeps its order; queues do not wait for one another.
  const queues = [...groupedBy(wanted, ({ queue }) => queue).values()];
  let isWell = true;
  const { failures } = await sideBySide({
    ...{ atOnce: QUEUES_AT_ONCE, take: () => Promise.resolve(queues.splice(0)), hasTime: () => isWell },
    async work(queue) {
      for (const one of queue) {
        if (!isWell) return;
        const outputs = await callForAgain(config, one).catch((error: unknown) => {
          isWell = false;
          throw error;
        });
        if (outputs.hs_execution_state === 'FAIL_CONTINUE') tally.refuse(endedAtOnce(one, outputs));
        else tally.brought += 1;
      }
    },
  });
  if (failures[0]) throw failures[0];
}

const switchedOff = (portalId: number) =>
  `has its throttle switched off: npx sluice portals settings ${portalId} --throttle on`;

/** It waits for nothing here. HubSpot, which was answered long ago, does not hear of it, and holds the record on. */
function endedAtOnce(
  { id, callbackId }: FormerCall,
  { sluice_status, sluice_reason }: CallOutputs,
): RefusedExecution {
  const why = sluice_reason ?? `npx sluice search ${callbackId}`;
  return {
    id,
    field: 'callback',
    message: `ended at once, sluice_status ${sluice_status ?? 'unknown'}: ${why}`,
  };
}

async function fresh(
  pool: Pool,
  workspaceId: string,
  portalId: number,
  calls: readonly FormerCall[],
  tally: ExecutionTally,
): Promise<FormerCall[]> {
  const callbackIds = calls.map(({ callbackId }) => callbackId);
  const known = await knownCallbacks(pool, { workspaceId, portalId, callbackIds });
  const seen = new Set(known);
  return calls.filter(({ callbackId }) => {
    const isFresh = !seen.has(callbackId);
    seen.add(callbackId); // two rows may have one callback
    if (!isFresh) tally.there += 1;
    return isFresh;
  });
}

const QUEUES_AT_ONCE = 20;
const PATH = '/api/hubspot/action';
const TRIES = 6;
const LONGEST_PAUSE_MS = 5000;

/**
 * The call that HubSpot made, made once more and signed as HubSpot signs: it is answered after its commit, and taken
 * once however often it comes, so one whose answer is missing or broken off is made again. Rejects where it was not
 * taken, with the last reason; one that was refused for good was.
 */
export async function callForAgain(
  config: Bringing['config'],
  call: FormerCall,
  pause: (ms: number) => Promise<unknown> = delay,
): Promise<CallOutputs> {
  for (let tried = 1; ; tried += 1) {
    const answered = await callSigned(config, PATH, JSON.stringify(call.body));
    if (answered.kind === 'taken') return answered.outputs;
    if (answered.kind === 'refused' || tried === TRIES) throw notTaken(config.PUBLIC_URL, answered.why);
    await pause(Math.min(LONGEST_PAUSE_MS, Math.max(answered.afterMs, 100 * 2 ** tried)));
  }
}

function notTaken(publicUrl: string, why: string): CliError {
  return new CliError(
    `${publicUrl}${PATH} ${why}: see \`npx sluice doctor\`, then import again. What was brought is there, and is not brought twice`,
    1,
    'unavailable',
  );
}
