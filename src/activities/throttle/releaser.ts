import { setMaxListeners } from 'node:events';
import type { Config } from '../../platform/config/config.js';
import { isTransientDatabaseError, type Pool } from '../../db/pool.js';
import type { PortalId } from '../../domain/portals/portal.js';
import { grantReleases, type Granted, type ReleaseState } from '../../db/throttle/releases.js';
import type { Gateway, Permit } from '../../hubspot/gateway/gateway.js';
import type { Logger } from '../../platform/logger.js';
import type { ReleaseInstruments } from './instruments.js';
import { createCompletion, type Settled } from './completion.js';

/** What an activity sees of its pack while it waits. */
export interface Interest {
  /** How those ended that this process has settled. */
  readonly ended: Partial<Record<ReleaseState, number>>;
  /** Whether all of these have been settled by this process, waiting up to `mostMs` for it; rejects when the signal aborts. */
  settled(executionIds: readonly string[], mostMs: number, signal: AbortSignal): Promise<boolean>;
  end(): void;
}

export interface Releaser {
  follow(packId: string): Interest;
  /** Asks that the lane be looked at in `inMs`: whatever is due in it then goes, whichever workflow it rides in. */
  drive(portal: PortalId, laneId: string, inMs: number): void;
  readonly stopping: boolean;
  /** Stops granting, waits for what is under way. */
  stop(): Promise<void>;
}

interface Dependencies {
  pool: Pool;
  gateway: Gateway;
  owner: string;
  config: Pick<Config, 'THROTTLE_MIN_HOLD_MS' | 'THROTTLE_HORIZON_MS'>;
  logger: Logger;
  metrics: ReleaseInstruments;
}

/** HubSpot documents no limit for a batch; 100 is what is known to work (HUBSPOT §1.5). */
const MAX_PER_CALL = 100;
/**
 * At most 8 completion calls a second and portal, and 4 unless calls are full: what comes in between shares a call. Calls are the portal's
 * budget (110 per 10 s), and what a release costs is mostly its call.
 */
const CALL_SPACING_MS = { afterFull: 125, otherwise: 250 };
const MAX_IN_FLIGHT = 4;
/** How long a sent completion may stay unreported before another process sends it again. Above the call's deadline. */
export const LEASE_MS = 10_000;

interface Portal extends PortalId {
  /** Lane → when it wants to be asked (monotonic ms). */
  readonly lanes: Map<string, number>;
  nextCallAt: number;
  inFlight: number;
  timer: NodeJS.Timeout | undefined;
  running: boolean;
}

/**
 * Releases executions of this process's lanes. One loop per portal: when a lane is due and a call may be made, it takes what
 * the windows let go (in lane order, whoever's workflow it is), sends it as one batch, settles each answer, and tells the
 * activities that wait. A lane that flows steadily is so drained by few long activities.
 */
export function createReleaser(deps: Dependencies): Releaser {
  const { pool, gateway, owner, config, logger, metrics } = deps;
  const portals = new Map<number, Portal>();
  const interests = new Map<string, Set<PackInterest>>();
  const underWay = new Set<Promise<void>>();
  const stop = new AbortController();
  setMaxListeners(0, stop.signal); // as many as there are activities that wait
  const completion = createCompletion({ pool, gateway, logger, metrics, settled, stop: stop.signal });

  function settled(rows: readonly Settled[]): void {
    for (const row of rows) for (const interest of interests.get(row.packId ?? '') ?? []) interest.note(row);
  }

  function drive({ workspaceId, portalId }: PortalId, laneId: string, inMs: number): void {
    let portal = portals.get(portalId);
    if (!portal) {
      portal = {
        workspaceId,
        portalId,
        lanes: new Map(),
        nextCallAt: -Infinity,
        inFlight: 0,
        timer: undefined,
        running: false,
      };
      portals.set(portalId, portal);
    }
    const at = performance.now() + Math.max(0, inMs);
    if (at < (portal.lanes.get(laneId) ?? Infinity)) portal.lanes.set(laneId, at);
    schedule(portal);
  }

  function schedule(portal: Portal): void {
    if (portal.running || stop.signal.aborted) return;
    clearTimeout(portal.timer);
    if (portal.lanes.size === 0) {
      if (portal.inFlight === 0 && portals.get(portal.portalId) === portal) portals.delete(portal.portalId);
      return;
    }
    if (portal.inFlight >= MAX_IN_FLIGHT) return; // the next answer schedules again
    const at = Math.max(Math.min(...portal.lanes.values()), portal.nextCallAt);
    portal.timer = setTimeout(() => void turn(portal), Math.max(0, Math.ceil(at - performance.now())));
  }

  async function turn(portal: Portal): Promise<void> {
    portal.running = true;
    let permit: Permit | undefined;
    try {
      permit = await gateway.acquire(portal.portalId, 'completion', stop.signal);
      const rows = await grantDue(portal);
      if (rows.length > 0) {
        send(portal, rows, permit);
        permit = undefined;
      }
    } catch (error) {
      if (stop.signal.aborted) return;
      const transient = isTransientDatabaseError(error);
      logger[transient ? 'warn' : 'error']('Releases of a portal are held up; trying again', {
        portalId: portal.portalId,
        error,
      });
      const again = performance.now() + (transient ? 250 : 2000);
      for (const [laneId, at] of portal.lanes) portal.lanes.set(laneId, Math.max(at, again));
    } finally {
      permit?.giveBack();
      portal.running = false;
      schedule(portal);
    }
  }

  /** Grants what is due in the portal's lanes, and notes when each wants to be asked again. */
  async function grantDue(portal: Portal): Promise<Granted[]> {
    const now = performance.now();
    const due = [...portal.lanes].filter(([, at]) => at <= now + 1).sort((a, b) => a[1] - b[1]);
    const laneIds = due.map(([laneId]) => laneId);
    if (laneIds.length === 0) return [];
    const { granted, lanes } = await grantReleases(pool, {
      workspaceId: portal.workspaceId,
      laneIds,
      most: MAX_PER_CALL,
      owner,
      leaseMs: LEASE_MS,
      holdMs: config.THROTTLE_MIN_HOLD_MS,
    });
    const answeredAt = performance.now();
    for (const { laneId, nextInMs } of lanes) {
      // A lane with nothing in sight is let go: the next workflow that is due there brings it back.
      if (nextInMs === null || nextInMs > 2 * config.THROTTLE_HORIZON_MS) portal.lanes.delete(laneId);
      else portal.lanes.set(laneId, answeredAt + Math.max(0, nextInMs));
    }
    return granted;
  }

  function send(portal: Portal, rows: Granted[], permit: Permit): void {
    const full = rows.length >= MAX_PER_CALL;
    portal.nextCallAt = performance.now() + CALL_SPACING_MS[full ? 'afterFull' : 'otherwise'];
    portal.inFlight += 1;
    metrics.releaseBatchSize.observe(rows.length);
    for (const row of rows) metrics.releaseLatenessSeconds.observe(Math.max(0, row.lateMs) / 1000);
    const lanes = new Set(rows.map((row) => row.laneId));
    const sending = completion
      .complete(portal, rows, permit)
      .then((againInMs) => {
        if (againInMs !== undefined) for (const laneId of lanes) drive(portal, laneId, againInMs);
      })
      .catch((error: unknown) => {
        logger.error('A batch of completions could not be settled', { portalId: portal.portalId, error });
      })
      .finally(() => {
        portal.inFlight -= 1;
        underWay.delete(sending);
        schedule(portal);
      });
    underWay.add(sending);
  }

  class PackInterest implements Interest {
    readonly ended: Partial<Record<ReleaseState, number>> = {};
    readonly #settled = new Set<string>();
    #check: (() => void) | undefined;

    constructor(readonly packId: string) {}

    note({ executionId, state }: Settled): void {
      this.#settled.add(executionId);
      this.ended[state] = (this.ended[state] ?? 0) + 1;
      this.#check?.();
    }

    async settled(executionIds: readonly string[], mostMs: number, signal: AbortSignal): Promise<boolean> {
      const all = () => executionIds.every((id) => this.#settled.has(id));
      if (all()) return true;
      await new Promise<void>((resolve) => {
        const finish = () => {
          clearTimeout(timer);
          signal.removeEventListener('abort', finish);
          stop.signal.removeEventListener('abort', finish);
          this.#check = undefined;
          resolve();
        };
        const timer = setTimeout(finish, mostMs);
        signal.addEventListener('abort', finish, { once: true });
        stop.signal.addEventListener('abort', finish, { once: true });
        this.#check = () => {
          if (all()) finish();
        };
      });
      signal.throwIfAborted();
      return all();
    }

    end(): void {
      const all = interests.get(this.packId);
      all?.delete(this);
      if (all?.size === 0) interests.delete(this.packId);
    }
  }

  return {
    follow(packId) {
      const interest = new PackInterest(packId);
      const all = interests.get(packId) ?? new Set();
      interests.set(packId, all.add(interest));
      return interest;
    },
    drive,
    get stopping() {
      return stop.signal.aborted;
    },
    async stop() {
      stop.abort();
      for (const portal of portals.values()) clearTimeout(portal.timer);
      await Promise.allSettled(underWay);
    },
  };
}
