import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from '../db/pool.js';
import type { PortalEntry, PortalResolver } from '../db/portals/portalResolver.js';
import { knownCallbacks } from '../db/throttle/knownCallbacks.js';
import type { FormerExecution } from '../db/throttle/formerThrottle.js';
import { signV3 } from '../hubspot/incoming/signature.js';
import type { Config } from '../platform/config/config.js';
import { sideBySide } from '../platform/sideBySide.js';
import {
  readFormerExecution,
  type FormerCall,
  type RefusedExecution,
} from '../services/throttle/formerExecutions.js';
import { CliError } from './errors.js';

/** Of rows that are refused so many are listed; all are counted. */
const MAX_LISTED = 50;

/** What came of the executions, or would. */
export class ExecutionTally {
  ready = 0;
  /** Of these, those whose rate cannot be read: the lane has the rate that it has without one. */
  withoutRate = 0;
  there = 0;
  brought = 0;
  refusedRows = 0;
  readonly refused: RefusedExecution[] = [];
  /** Rows of portals that are not connected, by portal. */
  readonly elsewhere = new Map<number, number>();

  refuse(row: RefusedExecution): void {
    this.refusedRows += 1;
    if (this.refused.length < MAX_LISTED) this.refused.push(row);
  }

  shown() {
    const { ready, withoutRate, there, brought, refusedRows, refused } = this;
    return { ready, withoutRate, there, brought, refusedRows, refused };
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
    if (portal?.state === 'active') wanted.push(...(await fresh(pool, portal, portalId, ofPortal, tally)));
    else tally.elsewhere.set(portalId, (tally.elsewhere.get(portalId) ?? 0) + ofPortal.length);
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
        await callForAgain(config, one).catch((error: unknown) => {
          isWell = false;
          throw error;
        });
        tally.brought += 1;
      }
    },
  });
  if (failures[0]) throw failures[0];
}

async function fresh(
  pool: Pool,
  { workspaceId }: PortalEntry,
  portalId: number,
  calls: readonly FormerCall[],
  tally: ExecutionTally,
): Promise<FormerCall[]> {
  const ids = calls.map(({ callbackId }) => callbackId);
  const known = await knownCallbacks(pool, { workspaceId, portalId }, ids);
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
const DEADLINE_MS = 20_000;
const TRIES = 6;
const LONGEST_PAUSE_MS = 5000;

/**
 * The call that HubSpot made, made once more and signed as HubSpot signs: it is answered after its commit, and taken
 * once however often it comes. Rejects where it was not taken.
 */
async function callForAgain({ PUBLIC_URL, HUBSPOT_CLIENT_SECRET }: Bringing['config'], call: FormerCall) {
  const [secret] = HUBSPOT_CLIENT_SECRET;
  if (!secret) throw new CliError('HUBSPOT_CLIENT_SECRET holds no secret', 2);
  const uri = PUBLIC_URL + PATH;
  const body = JSON.stringify(call.body);
  for (let tried = 1; ; tried += 1) {
    const signature = signV3({ method: 'POST', uri, body }, secret, Date.now());
    const answer = await fetch(uri, {
      ...{ method: 'POST', body, redirect: 'manual', signal: AbortSignal.timeout(DEADLINE_MS) },
      headers: { ...signature, 'content-type': 'application/json', 'user-agent': 'sluice' },
    }).catch(() => undefined);
    if (answer?.status === 200) {
      await answer.arrayBuffer();
      return;
    }
    const mayPass = answer === undefined || answer.status === 429 || answer.status >= 500;
    if (!mayPass || tried === TRIES) throw notTaken(PUBLIC_URL, answer?.status);
    // In milliseconds on this route (docs/hubspot.md#custom-workflow-actions).
    const askedMs = Number(answer?.headers.get('retry-after') ?? 0);
    await delay(Math.min(LONGEST_PAUSE_MS, Math.max(askedMs, 100 * 2 ** tried)));
  }
}

function notTaken(publicUrl: string, status: number | undefined): CliError {
  const what = status === undefined ? 'does not answer' : `answers ${status}`;
  return new CliError(
    `${publicUrl}${PATH} ${what}: see \`npx sluice doctor\`, then import again. What was brought is there, and is not brought twice`,
    1,
    'unavailable',
  );
}

function groupedBy<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}
