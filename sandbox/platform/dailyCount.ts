const DAY_MS = 86_400_000;

/** Counts calls since midnight in the portal's time zone. */
export class DailyCount {
  private day = '';
  private count = 0;
  private formatter: { timeZone: string; format: Intl.DateTimeFormat } | undefined;

  constructor(private readonly timeZone: () => string) {}

  add(epochMs: number): void {
    this.turnOver(epochMs);
    this.count += 1;
  }

  used(epochMs: number): number {
    this.turnOver(epochMs);
    return this.count;
  }

  /** When the portal's next day begins: the first second with another date. */
  resetsAtMs(epochMs: number): number {
    const today = this.dayOf(epochMs);
    let low = epochMs;
    // When summer time ends, a day has 25 hours.
    let high = epochMs + DAY_MS + DAY_MS / 12;
    while (high - low > 1_000) {
      const middle = (low + high) / 2;
      if (this.dayOf(middle) === today) low = middle;
      else high = middle;
    }
    return Math.floor(high / 1_000) * 1_000;
  }

  private turnOver(epochMs: number): void {
    const day = this.dayOf(epochMs);
    if (day === this.day) return;
    this.day = day;
    this.count = 0;
  }

  private dayOf(epochMs: number): string {
    const timeZone = this.timeZone();
    if (this.formatter?.timeZone !== timeZone) {
      const options = { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' } as const;
      this.formatter = { timeZone, format: new Intl.DateTimeFormat('en-CA', options) };
    }
    return this.formatter.format.format(epochMs);
  }
}
