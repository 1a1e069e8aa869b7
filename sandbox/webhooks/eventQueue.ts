import type { Random } from '../platform/random.js';
import type { WebhookEvent } from './events.js';

interface QueuedEvent {
  event: WebhookEvent;
  dueMs: number;
  /** It was sent in another batch already. */
  isCopy: boolean;
}

/** Events from when they happen until their request goes: first they wait for their time, then for a place. */
export class EventQueue {
  private readonly waiting: QueuedEvent[] = [];
  private readonly due: QueuedEvent[] = [];

  constructor(private readonly random: Random) {}

  get nextDueMs(): number | undefined {
    return this.waiting[0]?.dueMs;
  }

  add(queued: QueuedEvent): void {
    this.waiting.push(queued);
  }

  ripen(nowMs: number): void {
    const next = this.waiting.findIndex(({ dueMs }) => dueMs > nowMs);
    for (const queued of this.waiting.splice(0, next < 0 ? Infinity : next)) this.due.push(queued);
  }

  /** The oldest ones, or any of those that are due. */
  take(most: number, isShuffled: boolean): QueuedEvent[] {
    if (!isShuffled) return this.due.splice(0, most);
    const taken: QueuedEvent[] = [];
    while (taken.length < most && this.due.length > 0) {
      const at = Math.floor(this.random() * this.due.length);
      const last = this.due.pop() as QueuedEvent;
      taken.push(this.due[at] ?? last);
      if (at < this.due.length) this.due[at] = last;
    }
    return taken;
  }

  clear(): void {
    this.waiting.length = 0;
    this.due.length = 0;
  }
}
