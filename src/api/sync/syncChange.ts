import { z } from 'zod';
import { beginResync, endResync, pauseSync, startSync } from '../../db/sync/changeSync.js';
import { selectProperties } from '../../db/sync/properties.js';
import { decideOnDeletes, type DeleteDecision } from '../../db/sync/deletesHeld.js';
import { settleErasures } from '../../db/sync/erasuresUnsure.js';
import type { Queryable } from '../../db/pool.js';
import type { SyncedObject } from '../../db/sync/reader.js';
import { findSync, type SyncView } from '../../db/sync/views.js';
import type { Resync } from '../../domain/sync/cursor.js';
import { AppError } from '../../platform/errors.js';
import { namedTypeSchema } from '../crm/namedType.js';
import { recordIdSchema } from '../crm/recordAnswers.js';
import { invalidInput, shortList, textSchema, timeSchema } from '../http/input.js';
import { selectionChangeSchema, selectionOf } from './selectionInput.js';

const MOST_IDS = 1000;
const MOST_TYPES = 20;

/** What an operator does with the mirror of a type. */
export const syncChangeSchema = z
  .strictObject({
    action: z.enum([
      'start',
      'pause',
      'resume',
      'resync',
      'cancel_resync',
      'release_deletes',
      'refuse_deletes',
      'settle_erasures',
    ]),
    dryRun: z
      .boolean()
      .default(false)
      .meta({ description: 'Of a start: says what the first load would come to, and starts nothing' }),
    reason: textSchema(500).nullable().default(null).meta({ description: 'Of a pause, for whoever looks' }),
    all: z.literal(true).optional().meta({ description: 'Of a resync: all records' }),
    since: timeSchema
      .optional()
      .meta({ description: "Of a resync: what was modified since then, by HubSpot's clock" }),
    ids: shortList(recordIdSchema, MOST_IDS).optional().meta({ description: 'Of a resync: these records' }),
    associations: shortList(namedTypeSchema, MOST_TYPES, 0).nullish().meta({
      description:
        'Of a start: associations with records of these types are read, and no others. Null: with all other types that are mirrored, as without it at first',
    }),
    properties: selectionChangeSchema.optional().meta({
      description:
        'Of a start: which properties are kept, as of `PUT …/selection`; a first load reads no others. Without it: as it is, all at first',
    }),
  })
  .meta({ id: 'SyncChange' });
export type SyncChange = z.output<typeof syncChangeSchema>;

/** Does it, for what is known of the type so far. */
export async function applyChange(
  db: Queryable,
  object: SyncedObject,
  change: SyncChange,
  known: SyncView | undefined,
): Promise<void> {
  const { action, reason } = change;
  if (action === 'pause') await pauseSync(db, object, reason);
  else if (action === 'resync') await resync(db, object, change, known);
  else if (action === 'cancel_resync') await cancelResync(db, object);
  else if (action === 'release_deletes') await decide(db, object, 'release');
  else if (action === 'refuse_deletes') await decide(db, object, 'refuse');
  else if (action === 'settle_erasures') await settle(db, object);
  else if (action === 'start') await start(db, object, change);
  else await startSync(db, object);
}

/** What is kept is chosen before anything is read, in one transaction with the start. */
async function start(db: Queryable, object: SyncedObject, change: SyncChange): Promise<void> {
  await startSync(db, object, change);
  if (change.properties)
    await selectProperties(db, object, selectionOf(change.properties, 'properties.names'));
}

/** The round over the recycle bin that follows goes by it. */
async function decide(db: Queryable, object: SyncedObject, decision: DeleteDecision): Promise<void> {
  if (!(await decideOnDeletes(db, object, decision)))
    throw new AppError('conflict', 'No deletes are held there');
}

async function settle(db: Queryable, object: SyncedObject): Promise<void> {
  if (!(await settleErasures(db, object))) throw new AppError('conflict', 'No erasures are in doubt there');
}

async function resync(
  db: Queryable,
  object: SyncedObject,
  change: SyncChange,
  known: SyncView | undefined,
): Promise<void> {
  if (await beginResync(db, object, wantedOf(change, known?.records ?? 0))) return;
  const now = await findSync(db, object.workspaceId, object.portalId, object.objectType);
  throw new AppError('conflict', whyNot(now));
}

function whyNot(now: SyncView | undefined): string {
  if (now?.state === 'loading')
    return 'All records are being read for the first time: there is nothing to read again';
  if (now?.state === 'following') return 'Another resync is under way: wait until it has ended, or cancel it';
  return `It is ${now?.state ?? 'ended'}: resume it first`;
}

/** Exactly one of the three is said: what is to be read again is not guessed. */
function wantedOf({ all, since, ids }: SyncChange, records: number): Pick<Resync, 'what' | 'expected'> {
  const said = [all, since, ids].filter((one) => one !== undefined);
  if (said.length !== 1)
    throw invalidInput([{ path: 'all', message: 'a resync needs one of all, since and ids' }]);
  if (since) return { what: { kind: 'since', since: Math.max(0, since.getTime()) }, expected: null };
  if (ids) {
    const distinct = [...new Set(ids)];
    return { what: { kind: 'ids', ids: distinct }, expected: distinct.length };
  }
  return { what: { kind: 'all' }, expected: records };
}

async function cancelResync(db: Queryable, object: SyncedObject): Promise<void> {
  if (!(await endResync(db, object))) throw new AppError('conflict', 'No resync is under way');
}
