import { takenObjects } from '../../db/outbox/ledger.js';
import { forWorkspace } from '../../db/tenant.js';
import type { Pool } from '../../db/pool.js';
import type { Properties } from '../../domain/outbox/effects.js';
import type { Gateway } from '../../hubspot/gateway/gateway.js';
import { recordsOf } from '../outbox/delivery/answeredRecord.js';
import { failureOf, type Failure } from '../outbox/delivery/failure.js';
import { classifySearch, searchLostCreate } from '../outbox/lostCreate.js';
import { operationOf, type WrittenRecord, type WritesOf } from './recordWrite.js';
import { writtenRecord } from './writeRecords.js';

export type LostRecord =
  | { readonly state: 'found'; readonly record: WrittenRecord }
  | { readonly state: 'absent' }
  /** HubSpot's search would not show it yet, or cannot be asked. */
  | { readonly state: 'unknown'; readonly failure: Failure };

const SEARCH_MS = 15_000;
/** From the note to the sending, at most. */
const NOTED_BEFORE_MS = 35_000;

/** A create whose answer was lost: is it there? `taken`: ids of records that other creates have made. */
export async function findLostRecord(
  { pool, gateway }: { readonly pool: Pool; readonly gateway: Pick<Gateway, 'request'> },
  of: WritesOf,
  {
    properties,
    sentMsAgo,
    nowMs,
    isTaken,
  }: {
    readonly properties: Properties;
    readonly sentMsAgo: number;
    readonly nowMs: number;
    readonly isTaken: (id: string) => boolean;
  },
): Promise<LostRecord> {
  const operation = operationOf(of.objectType, { do: 'create', properties });
  const outcome = await gateway.request({
    ...searchLostCreate(operation),
    ...{ portalId: of.portalId, workspaceId: of.workspaceId },
    ...{ priority: 'interactive', deadlineMs: SEARCH_MS },
  });
  if (outcome.kind === 'partial') return unknown({ class: 'transient', message: UNSEEN });
  if (outcome.kind !== 'ok') return unknown(failureOf(outcome, { harmless: true }));
  const shown = recordsOf(outcome.body);
  const ids = shown.map(({ id }) => id);
  const taken = await takenObjects(forWorkspace(pool, of.workspaceId), of.portalId, ids);
  for (const id of ids) if (isTaken(id)) taken.add(id);
  const verdict = classifySearch(operation, outcome.body, {
    ...{ nowMs, taken },
    sentMsAgo: Math.max(0, sentMsAgo - NOTED_BEFORE_MS),
  });
  if (verdict.state === 'absent') return verdict;
  if (verdict.state === 'wait')
    return unknown({ class: 'unknown', message: UNSEEN, retryAfterMs: verdict.forMs });
  const record = verdict.state === 'found' && shown.find(({ id }) => id === verdict.objectId);
  return record
    ? { state: 'found', record: writtenRecord(record) }
    : unknown({ class: 'transient', message: UNSEEN });
}

const UNSEEN = "It may have been made, and HubSpot's search does not say yet whether it is there";
const unknown = (failure: Failure): LostRecord => ({ state: 'unknown', failure });
