/**
 * Places that steps of registrations have in this process: a portal holds so many at most, so that one whose answers
 * do not come leaves the others theirs.
 */
export interface PortalPlaces {
  /** Undefined: the portal has as many as it may have. Else to be called when the step has ended. */
  take(portalId: number): (() => void) | undefined;
}

export function createPortalPlaces(mostOfPortal: number): PortalPlaces {
  const taken = new Map<number, number>();
  return {
    take(portalId) {
      const before = taken.get(portalId) ?? 0;
      if (before >= mostOfPortal) return undefined;
      taken.set(portalId, before + 1);
      return () => {
        const left = (taken.get(portalId) ?? 1) - 1;
        if (left > 0) taken.set(portalId, left);
        else taken.delete(portalId);
      };
    },
  };
}
