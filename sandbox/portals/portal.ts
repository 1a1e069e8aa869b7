import { DailyCount } from '../platform/dailyCount.js';
import { RollingLimiter } from '../platform/rollingLimiter.js';
import { TimeList } from '../platform/times.js';
import type { Settings } from '../settings.js';

const TEN_SECONDS_MS = 10_000;
const ONE_SECOND_MS = 1_000;

/** The `policyName` of a 429 (docs/hubspot.md#limits). */
export type LimitPolicy = 'TEN_SECONDLY_ROLLING' | 'SECONDLY' | 'DAILY';

export type Limits = Pick<Settings, 'tenSecondlyLimit' | 'searchPerSecond' | 'associationsTenSecondlyLimit'>;

/** A HubSpot account: its limits, and the calls that were made to it. */
export class Portal {
  readonly limiter: RollingLimiter;
  readonly searchLimiter: RollingLimiter;
  readonly associationLimiter: RollingLimiter;
  readonly today: DailyCount;
  readonly calls = new TimeList();
  readonly callbackCalls = new TimeList();
  readonly searchCalls = new TimeList();
  readonly associationCalls = new TimeList();
  readonly callsByStatus = new Map<number, number>();
  rejected429 = 0;
  readonly rejectedByPolicy = new Map<LimitPolicy, number>();
  foreignCalls = 0;
  foreign429 = 0;
  /** Scopes that its subscription does not include: an app that requires one of them cannot be installed. */
  withheldScopes: readonly string[] = [];

  constructor(
    readonly portalId: number,
    public name: string,
    public timeZone: string,
    limits: Limits,
  ) {
    this.limiter = new RollingLimiter(limits.tenSecondlyLimit, TEN_SECONDS_MS);
    this.searchLimiter = new RollingLimiter(limits.searchPerSecond, ONE_SECOND_MS);
    this.associationLimiter = new RollingLimiter(limits.associationsTenSecondlyLimit, TEN_SECONDS_MS);
    this.today = new DailyCount(() => this.timeZone);
  }

  setLimits(limits: Limits): void {
    this.limiter.setLimit(limits.tenSecondlyLimit);
    this.searchLimiter.setLimit(limits.searchPerSecond);
    this.associationLimiter.setLimit(limits.associationsTenSecondlyLimit);
  }
}
