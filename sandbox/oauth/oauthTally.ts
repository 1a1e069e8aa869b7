import { increment } from '../platform/increment.js';

interface PortalTally {
  byGrant: Map<string, number>;
  byAnswer: Map<string, number>;
  refreshing: number;
  maxConcurrentRefreshes: number;
  /** Refreshes that came while another refresh of the same portal was running. */
  overlappingRefreshes: number;
  answersLost: number;
}

/** One call of a token endpoint, counted when it arrives and when it has ended. */
export interface TokenCall {
  grant: string;
  portalId: number | undefined;
}

export type DeadToken = 'expired' | 'uninstalled' | 'unknown';

/** Counts calls of the token endpoints, and API calls that came with an invalid token. */
export class OAuthTally {
  private readonly byGrant = new Map<string, number>();
  private readonly byAnswer = new Map<string, number>();
  private readonly byEndpoint = new Map<string, number>();
  private readonly perPortal = new Map<number, PortalTally>();
  private readonly deadPerPortal = new Map<number, Map<string, number>>();
  private readonly deadTotals = new Map<string, number>();

  noteEndpoint(name: string): void {
    increment(this.byEndpoint, name);
  }

  begin({ grant, portalId }: TokenCall): void {
    increment(this.byGrant, grant);
    const portal = this.portal(portalId);
    if (!portal) return;
    increment(portal.byGrant, grant);
    if (grant !== 'refresh_token') return;
    if (portal.refreshing > 0) portal.overlappingRefreshes += 1;
    portal.refreshing += 1;
    portal.maxConcurrentRefreshes = Math.max(portal.maxConcurrentRefreshes, portal.refreshing);
  }

  /** `answer` is the status, or the name of the refusal. */
  end({ grant, portalId }: TokenCall, answer: string, delivered: boolean): void {
    increment(this.byAnswer, answer);
    const portal = this.portal(portalId);
    if (!portal) return;
    increment(portal.byAnswer, answer);
    if (!delivered) portal.answersLost += 1;
    if (grant === 'refresh_token') portal.refreshing -= 1;
  }

  noteDead(kind: DeadToken, portalId: number | undefined): void {
    increment(this.deadTotals, kind);
    if (portalId === undefined) return;
    const counts = this.deadPerPortal.get(portalId) ?? new Map<string, number>();
    this.deadPerPortal.set(portalId, counts);
    increment(counts, kind);
  }

  report() {
    return {
      tokenCalls: {
        byGrant: { authorization_code: 0, refresh_token: 0, ...Object.fromEntries(this.byGrant) },
        byAnswer: Object.fromEntries(this.byAnswer),
        perPortal: Object.fromEntries(
          [...this.perPortal].map(([portalId, portal]) => [
            portalId,
            {
              ...{ authorization_code: 0, refresh_token: 0 },
              ...Object.fromEntries(portal.byGrant),
              byAnswer: Object.fromEntries(portal.byAnswer),
              maxConcurrentRefreshes: portal.maxConcurrentRefreshes,
              overlappingRefreshes: portal.overlappingRefreshes,
              answersLost: portal.answersLost,
            },
          ]),
        ),
      },
      byEndpoint: Object.fromEntries(this.byEndpoint),
      deadTokenCalls: {
        total: [...this.deadTotals.values()].reduce((sum, count) => sum + count, 0),
        byKind: Object.fromEntries(this.deadTotals),
        perPortal: Object.fromEntries(
          [...this.deadPerPortal].map(([portalId, counts]) => [portalId, Object.fromEntries(counts)]),
        ),
      },
    };
  }

  private portal(portalId: number | undefined): PortalTally | undefined {
    if (portalId === undefined) return undefined;
    const known = this.perPortal.get(portalId);
    if (known) return known;
    const made: PortalTally = {
      byGrant: new Map(),
      byAnswer: new Map(),
      refreshing: 0,
      maxConcurrentRefreshes: 0,
      overlappingRefreshes: 0,
      answersLost: 0,
    };
    this.perPortal.set(portalId, made);
    return made;
  }
}
