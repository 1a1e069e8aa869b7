import { createHash } from 'node:crypto';

/*
 * The audit chain as it is checked outside of the database: somebody who changed entries there may have changed the
 * database's functions, too.
 */

/** Before the first entry of every chain. */
export const GENESIS = createHash('sha256').digest();

/** An entry as it is stored; numbers and JSON as Postgres writes them. */
export interface StoredEntry {
  readonly workspaceId: string;
  readonly seq: string;
  /** Microseconds since 1970. */
  readonly at: string;
  readonly actor: string;
  readonly operation: string;
  readonly portalId: string | null;
  readonly subject: string;
  readonly result: string;
  readonly previousHash: Buffer;
  readonly hash: Buffer;
}

/** What the hash of an entry must be. The same as in migrations/functions/audit/audit_append.sql. */
export function hashEntry(entry: Omit<StoredEntry, 'hash'>): Buffer {
  const { workspaceId, seq, at, actor, operation, portalId, subject, result, previousHash } = entry;
  const fields = [
    workspaceId,
    seq,
    at,
    actor,
    operation,
    portalId,
    subject,
    result,
    previousHash.toString('hex'),
  ];
  return createHash('sha256')
    .update(encodeFields(['sluice-audit-1', ...fields]))
    .digest();
}

/** Each field with its length in bytes before it, so that no two lists of fields read alike. */
export function encodeFields(fields: readonly (string | null)[]): string {
  return fields.map((field) => (field === null ? '-:' : `${Buffer.byteLength(field)}:${field}`)).join('');
}

export const CHAIN_PROBLEMS = [
  'edited',
  'missing',
  'inserted',
  'reordered',
  'rewritten',
  'cut',
  'end_changed',
  'head_forged',
  'head_unknown_key',
] as const;

/** What is wrong with a chain: the first number that is not as it must be, and how. */
export interface ChainProblem {
  readonly seq: string;
  readonly kind: (typeof CHAIN_PROBLEMS)[number];
  readonly detail: string;
}

/** Whether an entry is the one that follows `before`. */
export function checkEntry(
  entry: StoredEntry,
  before: { readonly seq: bigint; readonly hash: Buffer },
): ChainProblem | undefined {
  const expected = before.seq + 1n;
  const seq = BigInt(entry.seq);
  if (seq > expected) {
    const which = seq === expected + 1n ? `Entry ${expected} is` : `Entries ${expected} to ${seq - 1n} are`;
    return { seq: String(expected), kind: 'missing', detail: `${which} missing` };
  }
  if (seq < expected)
    return { seq: entry.seq, kind: 'inserted', detail: `There is more than one entry ${entry.seq}` };
  if (!hashEntry(entry).equals(entry.hash))
    return { seq: entry.seq, kind: 'edited', detail: `Entry ${seq} is not what its hash was made of` };
  if (!entry.previousHash.equals(before.hash)) {
    const detail =
      `Entry ${seq} was not added after entry ${before.seq} as that is now: ` +
      'one of them was moved, inserted or replaced';
    return { seq: entry.seq, kind: 'reordered', detail };
  }
  return undefined;
}
