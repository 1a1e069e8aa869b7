import type pg from 'pg';
import type { z } from 'zod';
import type { DatabaseClock } from '../../../db/clock.js';
import type { PassReader } from '../../../db/sync/passes.js';
import type { Pool } from '../../../db/pool.js';
import type { Priority } from '../../../domain/hubspot/priorities.js';
import type { PassName } from '../../../domain/sync/passes.js';
import type { Gateway } from '../../../hubspot/gateway/gateway.js';
import type { HubSpotRecords } from '../hubspotRecords.js';
import type { KeptReading } from '../keptReading.js';
import type { Erase } from '../syncContext.js';

/** What a step of a pass has to work with. */
export interface PassContext {
  readonly reader: PassReader;
  readonly pool: Pool;
  readonly clock: Pick<DatabaseClock, 'nowMs'>;
  readonly hubspot: HubSpotRecords;
  readonly gateway: Pick<Gateway, 'request'>;
  readonly reading: KeptReading;
  /** The names of the properties that are kept. */
  readonly properties: () => Promise<readonly string[]>;
  /** So many requests may be sent now whose likely answer is an error. */
  readonly errorRoom: () => Promise<number>;
  /** Brings what erases records here, since HubSpot has erased them for a person. */
  readonly toErase: () => Promise<Erase>;
}

/** What a step has found. It has written nothing: that happens with the cursor, in one transaction. */
export interface PassStep<C> {
  /** Where the next step goes on, of this round or of the next one. Null: at the beginning. */
  readonly cursor: C | null;
  /** The round has come to its end. */
  readonly isThrough: boolean;
  /** Records that the step has looked at. */
  readonly seen: number;
  /** As what its changes are counted. Absent: the pass itself. */
  readonly source?: string;
  /** It may delete or merge records, which changes associations of the portal's other types. */
  readonly isWide?: boolean;
  /** What it has counted of its own, by name: added to that of the round. */
  readonly found?: ((client: pg.PoolClient) => Promise<Readonly<Record<string, number>>>) | undefined;
  /** In the step's transaction, the row of portal and type locked. Returns how many records it changed. */
  readonly write?: ((client: pg.PoolClient) => Promise<number>) | undefined;
}

/** Reads a mirrored type on a schedule of its own, in rounds of steps. Each step ends within seconds. */
export interface SyncPass<C> {
  readonly name: PassName;
  /** Of its calls. Absent: they come after those of all others. */
  readonly priority?: Priority;
  /** From the end of a round to the beginning of the next one. */
  readonly everyMs: number;
  /** Of what is stored between two steps. */
  readonly cursor: z.ZodType<C>;
  /** The first wait after a failure, which doubles. Absent: ten seconds. */
  readonly retriesAfterMs?: number;
  /**
   * What a step was given could not be read or written: from where a smaller one goes on at once, when the one that is
   * to blame was put aside or fewer are tried. Undefined: nothing of it is to blame, and the turn ends with the error.
   */
  readonly afterRefusal?: (context: PassContext, cursor: C | null, error: unknown) => Promise<C | undefined>;
  /** Where it goes on when a search has come to no end (SearchStuck). Absent: at the beginning. */
  readonly begunAnew?: (cursor: C) => C;
  readonly step: (context: PassContext, cursor: C | null) => Promise<PassStep<C>>;
}
