import { createPlaces } from '../../platform/places.js';

/** Places for handlers in this process. */
export interface RunPlaces {
  /** Undefined: there is none. Else to be called when the handler has ended. */
  take(portalId: number, action: string | undefined): (() => void) | undefined;
}

/** One portal has this share of the slots at most, one action of all portals this, and one action in a portal this. */
const SHARE_OF = { portal: 1 / 4, action: 1 / 2, both: 1 / 8 };

/** What hangs in one portal, or in one action, leaves places for the others. */
export function createRunPlaces(slots: number): RunPlaces {
  const share = (of: keyof typeof SHARE_OF) => Math.max(1, Math.floor(slots * SHARE_OF[of]));
  const ofPortals = createPlaces<number>({ ofKey: share('portal'), ofAll: slots });
  const ofActions = createPlaces<string>({ ofKey: share('action') });
  const ofBoth = createPlaces<string>({ ofKey: share('both') });
  return {
    take(portalId, action) {
      const both = `${portalId} ${action}`;
      if (action !== undefined && (ofActions.areFull(action) || ofBoth.areFull(both))) return undefined;
      const leave = ofPortals.take(portalId);
      if (!leave || action === undefined) return leave;
      const leaves = [leave, ofActions.take(action), ofBoth.take(both)];
      return () => leaves.forEach((one) => one?.());
    },
  };
}
