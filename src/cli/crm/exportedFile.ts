/*
 * What an exported file holds, found without more than a part of it in memory. A record ends with a line; in CSV a cell
 * may hold line ends, within quotes.
 */

export type ExportFormat = 'ndjson' | 'csv';

const [LINE_END, QUOTE] = [0x0a, 0x22];
/** The id stands at the beginning of a record. */
const HEAD_BYTES = 64;
const ID = { ndjson: /^\{"id":"(\d+)"/, csv: /^(\d+),/ } as const;

export interface RecordCounter {
  take(chunk: Uint8Array): void;
  /** Whole ones so far. */
  records(): number;
  /** Up to the end of the last whole line. */
  bytes(): number;
  /** Of the last whole record. */
  lastId(): string | undefined;
}

/** `hasNames`: the first line of CSV is one of names, and no record. */
export function recordCounter(format: ExportFormat, hasNames: boolean): RecordCounter {
  let [records, at, whole] = [0, 0, 0];
  let head: number[] = [];
  let [isQuoted, isNames] = [false, format === 'csv' && hasNames];
  let last: string | undefined;

  function endRecord(): void {
    whole = at;
    if (!isNames) {
      records += 1;
      last = ID[format].exec(Buffer.from(head).toString('latin1'))?.[1] ?? last;
    }
    isNames = false;
    head = [];
  }

  return {
    take(chunk) {
      for (const byte of chunk) {
        at += 1;
        if (byte === QUOTE && format === 'csv') isQuoted = !isQuoted;
        if (byte === LINE_END && !isQuoted) endRecord();
        else if (head.length < HEAD_BYTES) head.push(byte);
      }
    },
    records: () => records,
    bytes: () => whole,
    lastId: () => last,
  };
}

/** How many whole records a file has, which is the last, and where that ends. */
export async function lastRecord(
  file: AsyncIterable<Uint8Array>,
  format: ExportFormat,
): Promise<{ readonly records: number; readonly bytes: number; readonly id: string | undefined }> {
  const counter = recordCounter(format, true);
  for await (const chunk of file) counter.take(chunk);
  return { records: counter.records(), bytes: counter.bytes(), id: counter.lastId() };
}
