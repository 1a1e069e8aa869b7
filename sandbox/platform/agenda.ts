const MAX_TIMER_MS = 2_147_483_647;

/**
 * Calls `due` for each item at its time: one binary heap and one timer, so that 100,000 enrolments that wait a week do
 * not need 100,000 timers. Entries cannot be removed: `due` checks whether there is still something to do.
 */
export class Agenda<T> {
  private readonly times: number[] = [];
  private readonly items: T[] = [];
  private timer: NodeJS.Timeout | undefined;
  private timerAt = Infinity;
  private closed = false;

  constructor(
    private readonly now: () => number,
    private readonly due: (item: T) => void,
  ) {}

  add(at: number, item: T): void {
    if (this.closed) return;
    this.times.push(at);
    this.items.push(item);
    this.up(this.times.length - 1);
    if (at < this.timerAt) this.arm();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.times.length = 0;
    this.items.length = 0;
  }

  private arm(): void {
    clearTimeout(this.timer);
    const at = this.times[0];
    this.timerAt = at ?? Infinity;
    if (at === undefined || this.closed) return;
    const wait = Math.min(MAX_TIMER_MS, Math.max(0, Math.ceil(at - this.now())));
    this.timer = setTimeout(() => this.run(), wait);
    this.timer.unref();
  }

  private run(): void {
    this.timerAt = Infinity;
    const now = this.now();
    while (!this.closed) {
      const at = this.times[0];
      const item = this.items[0];
      if (at === undefined || item === undefined || at > now) break;
      this.removeFirst();
      this.due(item);
    }
    this.arm();
  }

  private removeFirst(): void {
    const time = this.times.pop();
    const item = this.items.pop();
    if (time === undefined || item === undefined || this.times.length === 0) return;
    this.times[0] = time;
    this.items[0] = item;
    this.down(0);
  }

  private up(from: number): void {
    let child = from;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (this.timeAt(parent) <= this.timeAt(child)) return;
      this.swap(parent, child);
      child = parent;
    }
  }

  private down(from: number): void {
    let parent = from;
    for (;;) {
      const left = 2 * parent + 1;
      const right = left + 1;
      let least = parent;
      if (left < this.times.length && this.timeAt(left) < this.timeAt(least)) least = left;
      if (right < this.times.length && this.timeAt(right) < this.timeAt(least)) least = right;
      if (least === parent) return;
      this.swap(parent, least);
      parent = least;
    }
  }

  private timeAt(index: number): number {
    return this.times[index] ?? Infinity;
  }

  private swap(a: number, b: number): void {
    const time = this.timeAt(a);
    this.times[a] = this.timeAt(b);
    this.times[b] = time;
    const item = this.items[a] as T;
    this.items[a] = this.items[b] as T;
    this.items[b] = item;
  }
}
