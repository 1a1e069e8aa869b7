import type { components } from './schema.js';

/** A change of a mirrored record, as `GET /api/changes` and webhooks tell it. */
export type RecordChange = components['schemas']['RecordChange'];

/** What is said of the feed beside the changes that are handed over. */
export interface AboutChanges {
  /** The database was restored since the last call: what was changed after the copy comes again, as far as it is so. */
  readonly restored: boolean;
  /** Changes were removed before they were handed over: what is kept of records is to be read anew. */
  readonly expired: boolean;
  /** Aborted when the process ends or its turn is over: who does not return soon is called again with the same. */
  readonly signal: AbortSignal;
}

/**
 * A handler of the feed of changes in the process that runs Sluice: a consumer like any other, with a name, under which
 * its place in the feed is kept.
 *
 * - **At least once.** When `handle` resolves, the changes are behind it. When it throws, or the process dies, the same
 *   ones come again, with growing pauses: what it does must bear a repeat. `position` tells changes apart.
 * - **In order per record.** It is called by one process at a time, with changes in the order of the feed, and gets
 *   nothing of a record before it has taken what came earlier of that record.
 * - **None is passed over** within the seven days for which changes are kept. Who is behind its limit has the mirror
 *   of what it wants wait. What it throws for from the third try on, while it takes others, is a dead letter, and what
 *   comes later of that record waits behind it.
 *
 * `onChange` of `sluice` declares one; `on` of `defineConfig` has workers call it, for each workspace by itself.
 */
export interface ChangeHandler {
  /** Under which its place is kept: small letters, digits, `-` and `_`. Another name begins at the beginning. */
  readonly consumer: string;
  /** Which changes it wants; what is left out: all of them. */
  readonly wants?: {
    readonly portalIds?: readonly number[];
    readonly objectTypes?: readonly string[];
    readonly actions?: readonly RecordChange['action'][];
    /** Those of a first load, too; default true. */
    readonly initial?: boolean;
  };
  /** A call that lasts longer has failed, and its signal is aborted: 1,000 to 120,000, default 30,000. */
  readonly timeoutMs?: number;
  /** Takes changes: a hundred at most, of one or several records and portals. */
  handle(changes: readonly RecordChange[], about: AboutChanges): Promise<void>;
}
