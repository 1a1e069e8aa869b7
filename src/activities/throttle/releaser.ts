import { setMaxListeners } from 'node:events';
import type { PortalId } from '../../domain/portals/portal.js';
import type { Gateway } from '../../hubspot/gateway/gateway.js';
import { createCompletion } from './completion.js';
import { createInterests, type Interest } from './interests.js';
import { createPortalLoop, type LoopDependencies, type PortalLoop } from './portalLoop.js';

export interface Releaser {
  follow(packId: string): Interest;
  /** Asks that the lane be looked at in `inMs`: everything due in it then goes, whichever workflow it rides in. */
  drive(portal: PortalId, laneId: string, inMs: number): void;
  /** Asks that this process finds out whether the releases of a suspended portal can go on, where nobody else does. */
  probe(portal: PortalId): void;
  readonly stopping: boolean;
  /** Admits nothing more, and waits for what is under way. */
  stop(): Promise<void>;
}

interface Dependencies extends Pick<LoopDependencies, 'pool' | 'owner' | 'config' | 'logger' | 'metrics'> {
  readonly gateway: Gateway;
  /** The portal's releases were suspended for so long, and go on. */
  readonly suspensionOver: (portal: PortalId, lastedMs: number) => void;
}

/**
 * Releases executions of this process's lanes, a loop per portal, and notifies the activities that wait for them. So a
 * lane that flows steadily is drained by few long activities.
 */
export function createReleaser(deps: Dependencies): Releaser {
  const { pool, gateway, logger, metrics } = deps;
  const loops = new Map<number, PortalLoop>();
  const stop = new AbortController();
  setMaxListeners(0, stop.signal); // as many as there are activities that wait
  const interests = createInterests(stop.signal);
  const completion = createCompletion({
    ...{ pool, gateway, logger, metrics, stop: stop.signal },
    settled: (rows) => interests.note(rows),
  });

  function loopOf(portal: PortalId): PortalLoop {
    const known = loops.get(portal.portalId);
    if (known) return known;
    const loop = createPortalLoop(portal, {
      ...deps,
      completion,
      stop: stop.signal,
      onResumed: (lastedMs) => deps.suspensionOver(portal, lastedMs),
      onIdle: () => loops.delete(portal.portalId),
    });
    loops.set(portal.portalId, loop);
    return loop;
  }

  return {
    follow: (packId) => interests.follow(packId),
    drive: (portal, laneId, inMs) => loopOf(portal).drive(laneId, inMs),
    probe: (portal) => loopOf(portal).probe(),
    get stopping() {
      return stop.signal.aborted;
    },
    async stop() {
      stop.abort();
      await Promise.all([...loops.values()].map((loop) => loop.drained()));
    },
  };
}
