import type { Clock } from '../platform/clock.js';
import { limiterOf } from './limits.js';
import type { Bucket } from './request.js';
import type { Portal } from '../portals/portal.js';
import type { Recorder } from './recorder.js';

const TICK_MS = 10;

type SharedBucket = Exclude<Bucket, 'none'>;

const PATHS: Readonly<Record<SharedBucket, string>> = {
  app: '/crm/objects/2026-09/contacts',
  search: '/crm/objects/2026-09/contacts/search',
  associations: '/crm/associations/2026-09/contacts/companies/batch/read',
};

/** Spends a portal's limit as another client of the app would, or another app where they share one. */
export class ForeignCalls {
  private readonly timers = new Set<NodeJS.Timeout>();

  constructor(
    private readonly clock: Clock,
    private readonly recorder: Recorder,
  ) {}

  start(portal: Portal, ratePerSecond: number, seconds: number, bucket: SharedBucket = 'app'): void {
    const startedMs = this.clock.now();
    const total = Math.round(ratePerSecond * seconds);
    let made = 0;
    const timer = setInterval(() => {
      const elapsed = this.clock.now() - startedMs;
      const due = Math.min(total, Math.floor((elapsed * ratePerSecond) / 1000));
      for (; made < due; made += 1) this.call(portal, bucket);
      if (made < total) return;
      clearInterval(timer);
      this.timers.delete(timer);
    }, TICK_MS);
    this.timers.add(timer);
  }

  close(): void {
    for (const timer of this.timers) clearInterval(timer);
    this.timers.clear();
  }

  private call(portal: Portal, bucket: SharedBucket): void {
    const atMs = this.clock.now();
    const admitted = limiterOf(portal, bucket).admit(atMs);
    portal.foreignCalls += 1;
    if (!admitted) portal.foreign429 += 1;
    const path = PATHS[bucket];
    const n = this.recorder.begin({
      atMs,
      portalId: portal.portalId,
      method: bucket === 'app' ? 'GET' : 'POST',
      path,
      foreign: true,
    });
    this.recorder.end(n, admitted ? 200 : 429, true, atMs);
  }
}
