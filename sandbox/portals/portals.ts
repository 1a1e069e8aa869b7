import { Portal, type Limits } from './portal.js';

export class Portals {
  private readonly byId = new Map<number, Portal>();

  constructor(private readonly limits: () => Limits) {}

  all(): Portal[] {
    return [...this.byId.values()];
  }

  get(portalId: number): Portal | undefined {
    return this.byId.get(portalId);
  }

  /** Creating a portal that exists changes its name and settings only, so that a script may run twice. */
  create(
    portalId: number,
    name: string | undefined,
    timeZone: string | undefined,
    withheldScopes?: readonly string[],
  ): Portal {
    const known = this.byId.get(portalId);
    if (known) {
      known.name = name ?? known.name;
      known.timeZone = timeZone ?? known.timeZone;
      known.withheldScopes = withheldScopes ?? known.withheldScopes;
      return known;
    }
    const portal = new Portal(portalId, name ?? `Portal ${portalId}`, timeZone ?? 'UTC', this.limits());
    portal.withheldScopes = withheldScopes ?? [];
    this.byId.set(portalId, portal);
    return portal;
  }
}
