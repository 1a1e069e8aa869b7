import type { Pool } from '../../db/pool.js';
import { beginProbe, endSuspension, probeReleases } from '../../db/throttle/portalSuspensions.js';
import type { Admitted } from '../../db/throttle/admitReleases.js';
import type { PortalId } from '../../domain/portals/portal.js';
import { crashPoint } from '../../platform/crashPoint.js';
import type { Logger } from '../../platform/logger.js';
import type { Completed, Probe } from './completion.js';

/**
 * A portal whose releases are suspended, as one process takes part in it: when it is time, one call of one process
 * finds out whether HubSpot takes completions again. Times are monotonic.
 */
export interface SuspendedPortal {
  /** When this process asks for the turn to find out; `Infinity`: it knows of no suspension. */
  readonly probeAt: number;
  /** The releases are suspended for so long, as this process was told. */
  note(suspendedMs: number): void;
  /**
   * What the call that finds out is to send; undefined where it is not this process's turn, or nothing is suspended.
   */
  begin(): Promise<{ readonly rows: readonly Admitted[]; readonly probe: Probe } | undefined>;
  /** What became of that call. */
  conclude(completed: Completed): Promise<void>;
}

interface Dependencies {
  readonly pool: Pool;
  readonly owner: string;
  readonly leaseMs: number;
  readonly holdMs: number;
  readonly logger: Logger;
  /** Releases of the portal go on. */
  readonly suspensionOver: (lastedMs: number) => void;
}

/** Longer than the call and its booking take: then its process is gone, and another one finds out. */
const PROBE_MS = 30_000;
/** A timer that fires a fraction early would find that it is not time yet. */
const GRAIN_MS = 5;

export function createSuspendedPortal(portal: PortalId, deps: Dependencies): SuspendedPortal {
  const { pool, owner, leaseMs, holdMs, logger, suspensionOver } = deps;
  let probeAt = Infinity;

  const note = (suspendedMs: number): void => {
    probeAt = performance.now() + suspendedMs + GRAIN_MS;
  };

  async function end(): Promise<void> {
    probeAt = Infinity;
    const lastedMs = await endSuspension(pool, portal);
    crashPoint('throttle.probe.ended');
    goOn(lastedMs);
  }

  function goOn(lastedMs: number | null): void {
    if (lastedMs === null) return; // another process found out
    logger.info('HubSpot takes the completions of a portal again; its releases go on', {
      portalId: portal.portalId,
      lastedMs: Math.round(lastedMs),
    });
    suspensionOver(lastedMs);
  }

  return {
    get probeAt() {
      return probeAt;
    },
    note,
    async begin() {
      probeAt = performance.now() + PROBE_MS; // should this fail
      const turn = await beginProbe(pool, portal, PROBE_MS);
      crashPoint('throttle.probe.begun');
      if (turn.state === 'open') {
        probeAt = Infinity;
        goOn(turn.lastedMs);
        return undefined;
      }
      if (turn.state === 'waiting') {
        // Null: the portal itself is not in use. What follows when it is again ends the suspension.
        if (turn.waitMs === null) probeAt = Infinity;
        else note(turn.waitMs);
        return undefined;
      }
      const { admitted, waitMs } = await probeReleases(pool, portal, {
        owner,
        leaseMs,
        holdMs,
        // It may be that HubSpot does not take these callbacks, and all others.
        next: turn.reason === 'path' || turn.reason === 'breaker',
      });
      crashPoint('throttle.probe.admitted');
      if (admitted.length > 0) return { rows: admitted, probe: turn };
      // Nothing is left of what was refused: what comes next finds out.
      if (waitMs === undefined) await end();
      else note(waitMs);
      return undefined;
    },
    async conclude({ suspendedMs }) {
      if (suspendedMs === undefined) await end();
      else note(suspendedMs);
    },
  };
}
