/** Of rows that are refused so many are listed; all are counted. */
const MAX_LISTED = 50;

/** The rows of an import of which something is to be told, counted, and the first of them listed. */
export class RefusedRows<Row> {
  count = 0;
  readonly listed: Row[] = [];

  /** `told`: what is said of one row. */
  add(...told: readonly Row[]): void {
    this.count += 1;
    if (this.listed.length < MAX_LISTED) this.listed.push(...told);
  }
}
