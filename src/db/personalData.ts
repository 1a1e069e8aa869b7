/*
 * Where data of a person may stand, who is a record of HubSpot's: a contact, or any other record that is to be erased
 * or shown with all that is stored of it. Every room says so of each of its tables, so that one which is forgotten
 * fails a test (test/integration/privacy/erasure.integration.test.ts).
 *
 * A place is walked by its key, a page at a time: what is done with a page is one statement, so a process that dies
 * repeats at most that one, and a repeat finds nothing.
 */

/**
 * Rows of one table. In its expressions `t` is the row, $1 the workspace, $2 the portal, $3 the type of the record, $4
 * its ids (bigint[]: that of the record, and those that were merged into it) and $5 the words by which others name it
 * (text[]: its addresses, in lower case).
 */
export interface PersonalRows {
  /** The columns by which it is walked, with their types: an index begins with them, after what `among` compares. */
  readonly key: readonly (readonly [column: string, type: string])[];
  /** Which rows are looked at, by an index. */
  readonly among: string;
  /** Whether the row is the record's, or names it. $6: those rows (text[]) of which the sealed value names it. */
  readonly names: string;
  /** A sealed value that may name it, and by what its row is named in the value's encryption context. */
  readonly sealed?: {
    readonly table: 'idempotency_keys';
    readonly column: 'sealed_answer';
    readonly row: string;
  };
  /** Statements of a WITH, separated by commas, in which `hit` has the keys of what is erased; `erased` is the last. */
  readonly erase: string;
  /** What a person is shown of it, as jsonb. */
  readonly shows: string;
  /** It is written under the lock of portal and type: migrations/functions/crm/crm_write_records.sql. */
  readonly ofMirror?: true;
  /** Rows of a page. */
  readonly page?: number;
}

export type PersonalTable =
  | { readonly holds: readonly PersonalRows[] }
  /** Nothing, or nothing that could be found: why. */
  | { readonly holdsNothing: string };

/** By table. */
export type PersonalData = Readonly<Record<string, PersonalTable>>;

export const holds = (...rows: readonly PersonalRows[]): PersonalTable => ({ holds: rows });
export const nothing = (why: string): PersonalTable => ({ holdsNothing: why });
