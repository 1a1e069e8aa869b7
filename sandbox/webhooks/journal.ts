import { randomUUID } from 'node:crypto';
import type { Tell } from '../crm/crmChange.js';
import type { Clock } from '../platform/clock.js';
import { increment } from '../platform/increment.js';
import { RollingLimiter } from '../platform/rollingLimiter.js';
import { randomText, type Random } from '../platform/random.js';
import type { Portal } from '../portals/portal.js';
import type { Settings } from '../settings.js';
import { journalEventOf, type JournalEvent } from './journalEvents.js';
import { JournalSubscriptions } from './journalSubscriptions.js';

/** One file of the journal. */
export interface JournalEntry {
  offset: string;
  events: readonly JournalEvent[];
  publishedAtMs: number;
}

export interface JournalDeps {
  clock: Clock;
  random: Random;
  settings: Settings;
  appId: number;
  isInstalled: (portal: Portal) => boolean;
}

const SECOND_MS = 1000;

/** The app's webhooks journal: what happened in all portals with the app, in files, in their order. */
export class Journal {
  readonly subscriptions: JournalSubscriptions;
  readonly limiter: RollingLimiter;
  readonly asked = new Map<string, number>();
  /** What is not in a file yet. */
  private pending: JournalEvent[] = [];
  private entries: JournalEntry[] = [];
  /** Where a signed address leads to, and until when. */
  private readonly signed = new Map<string, { entry: JournalEntry; untilMs: number }>();

  constructor(private readonly deps: JournalDeps) {
    this.subscriptions = new JournalSubscriptions(deps.appId, () => deps.clock.epochMs());
    this.limiter = new RollingLimiter(deps.settings.journalRequestsPerSecond, SECOND_MS);
  }

  /** Who is told of the changes in a portal; nobody while nobody has subscribed, or the app is not in it. */
  tellerOf(portal: Portal): Tell | undefined {
    if (this.subscriptions.size === 0 || !this.deps.isInstalled(portal)) return undefined;
    return (change) => {
      const subject = journalEventOf(portal.portalId, change, this.now());
      if (this.subscriptions.wants(subject)) this.pending.push(subject.event);
    };
  }

  noteLifecycle(portalId: number, action: 'APP_INSTALL' | 'APP_UNINSTALL'): void {
    if (!this.subscriptions.wantsLifecycle(action)) return;
    this.pending.push({ type: 'app_lifecycle_event', portalId, action, occurredAt: this.now() });
  }

  /** Adds events as they are given: what HubSpot may send late, again, or in a form that nobody knows. */
  add(events: readonly JournalEvent[]): void {
    this.pending.push(...events);
  }

  /** Offsets lead nowhere any more. What there was is forgotten, or stands under others. */
  lose({ keepEvents }: { keepEvents: boolean }): void {
    this.entries = keepEvents ? this.published().map((entry) => ({ ...entry, offset: randomUUID() })) : [];
    this.pending = [];
  }

  count(what: string): void {
    increment(this.asked, what);
  }

  earliest(most = 1): JournalEntry[] {
    return this.published().slice(0, most);
  }

  latest(most = 1): JournalEntry[] {
    return this.published().slice(-most);
  }

  /** Undefined: there is no such offset, or not any more. */
  after(offset: string, most = 1): JournalEntry[] | undefined {
    const entries = this.published();
    const at = entries.findIndex((entry) => entry.offset === offset);
    return at < 0 ? undefined : entries.slice(at + 1, at + 1 + most);
  }

  at(offset: string): JournalEntry | undefined {
    return this.published().find((entry) => entry.offset === offset);
  }

  /** An address that leads to the file for a while. */
  sign(entry: JournalEntry): { key: string; expiresAt: string } {
    const { clock, random, settings } = this.deps;
    const key = randomText(random, 40);
    const livesMs = settings.journalFiles === 'expired' ? 0 : settings.journalFileLifetimeMs;
    this.signed.set(key, { entry, untilMs: clock.now() + livesMs });
    return { key, expiresAt: new Date(clock.epochMs() + livesMs).toISOString() };
  }

  /** Undefined: nobody has signed it, or it has expired. */
  file(key: string): JournalEntry | undefined {
    const found = this.signed.get(key);
    return found && this.deps.clock.now() < found.untilMs ? found.entry : undefined;
  }

  show() {
    const entries = this.published();
    return {
      files: entries.length,
      events: entries.reduce((sum, { events }) => sum + events.length, 0),
      latestOffset: entries.at(-1)?.offset ?? null,
      asked: Object.fromEntries(this.asked),
      subscriptions: this.subscriptions.list().map((one) => this.subscriptions.show(one)),
    };
  }

  /** What is younger than it is kept. What is pending becomes files when somebody looks. */
  private published(): JournalEntry[] {
    const { clock, settings } = this.deps;
    const now = clock.epochMs();
    while (this.pending.length > 0) {
      const events = this.pending.splice(0, settings.journalEventsPerFile);
      this.entries.push({ offset: randomUUID(), events, publishedAtMs: now });
    }
    this.entries = this.entries.filter(
      ({ publishedAtMs }) => publishedAtMs > now - settings.journalRetentionMs,
    );
    return this.entries;
  }

  private now(): string {
    return new Date(this.deps.clock.epochMs()).toISOString();
  }
}
