import { stringifyExactJson } from '../../domain/exactJson.js';
import type { FormerEvent, RefusedRow } from '../../services/outbox/formerRows.js';
import { given, type Answers, type Api } from '../api.js';
import { CliError, statusOf } from '../errors.js';
import { RefusedRows } from '../refusedRows.js';

/** The API takes 2 MB. */
const MAX_BYTES = 1_500_000;
const PAGE = 200;
/** Where an event is that nothing sends. */
const DEAD_STATES = ['dead', 'invalid', 'discarded'] as const;

export interface ReadyRow {
  readonly rowId: string;
  readonly event: FormerEvent;
}

/** A row whose event is a dead letter here: since an earlier import, or at once. */
export interface DeadRow {
  readonly id: string;
  readonly type: string;
  readonly eventId: string;
  readonly state: string;
  readonly reason: string | null;
}

type Captured = Answers['CapturedEvent'] | Answers['CaptureDisabled'];

/** What came of an import, or would. */
export class Tally {
  readonly byType = new Map<string, number>();
  readonly refused = new RefusedRows<RefusedRow>();
  /** Rows that are dead letters here. */
  readonly dead = new RefusedRows<DeadRow>();
  good = 0;
  tried = 0;
  captured = 0;
  there = 0;
}

/** Captures rows, as many at once as the API takes. */
export async function captureLoads(
  api: Api,
  portalId: number,
  rows: readonly ReadyRow[],
  tally: Tally,
): Promise<void> {
  for (const load of loads(rows)) await capture(api, portalId, load, tally);
}

function loads(rows: readonly ReadyRow[]): ReadyRow[][] {
  const all: ReadyRow[][] = [];
  let bytes = Infinity;
  for (const one of rows) {
    const size = Buffer.byteLength(stringifyExactJson(one.event));
    if (bytes + size > MAX_BYTES) {
      all.push([]);
      bytes = 0;
    }
    all.at(-1)?.push(one);
    bytes += size;
  }
  return all;
}

/** Of a load that is refused as such each half is tried, so that a row which cannot be taken keeps no other one out. */
async function capture(api: Api, portalId: number, rows: readonly ReadyRow[], tally: Tally): Promise<void> {
  let answers: readonly Captured[];
  try {
    const events = rows.map(({ event }) => ({ ...event, portalId }));
    const answer = await api.post('/api/events', { body: { events } });
    answers = 'events' in answer ? answer.events : [];
  } catch (error) {
    const status = statusOf(error);
    if (!(error instanceof CliError) || (status !== 400 && status !== 413)) throw error;
    const [first, ...others] = rows;
    if (first && others.length === 0) return refuse(tally, first, error.message);
    const half = Math.ceil(rows.length / 2);
    await capture(api, portalId, rows.slice(0, half), tally);
    await capture(api, portalId, rows.slice(half), tally);
    return;
  }
  await count(api, rows, answers, tally);
}

async function count(
  api: Api,
  rows: readonly ReadyRow[],
  answers: readonly Captured[],
  tally: Tally,
): Promise<void> {
  const duplicates: { readonly eventId: string; readonly row: ReadyRow }[] = [];
  for (const [n, row] of rows.entries()) {
    const answer = answers[n];
    if (!answer || answer.status === 'disabled')
      throw new CliError(
        'The outbox is switched off: set HUBSPOT_ENABLED=true for the API, then import again',
      );
    const { status, reason, id } = answer;
    if (status === 'captured') tally.captured += 1;
    else if (status === 'invalid')
      tally.dead.add({
        id: row.rowId,
        type: row.event.type,
        eventId: id,
        state: status,
        reason: reason ?? null,
      });
    else if (status === 'duplicate') duplicates.push({ eventId: id, row });
    else refuse(tally, row, reason ?? `is answered ${status}`);
  }
  const dead = await deadAmong(
    api,
    duplicates.map(({ eventId }) => eventId),
  );
  for (const { eventId, row } of duplicates) {
    const { rowId, event } = row;
    const first = dead.get(eventId);
    if (!first) tally.there += 1;
    else
      tally.dead.add({ id: rowId, type: event.type, eventId, state: first.state, reason: first.lastError });
  }
}

function refuse(tally: Tally, { rowId, event }: ReadyRow, message: string): void {
  tally.refused.add({ id: rowId, type: event.type, field: 'the event', message });
}

/** Those of these events that are dead letters. Events of one import have ids near one another: few pages have them. */
async function deadAmong(api: Api, eventIds: readonly string[]): Promise<Map<string, Answers['Event']>> {
  const wanted = new Set(eventIds);
  const dead = new Map<string, Answers['Event']>();
  const [newest, oldest] = bounds(eventIds);
  if (newest === undefined || oldest === undefined) return dead;
  for (const state of DEAD_STATES) {
    let after: string | null = String(newest + 1n);
    while (after !== null && BigInt(after) > oldest) {
      const query = given({ state, after, limit: PAGE });
      const page: Answers['EventPage'] = await api.get('/api/events', { params: { query } });
      for (const event of page.items) if (wanted.has(event.id)) dead.set(event.id, event);
      after = page.next;
    }
  }
  return dead;
}

/** The newest and the oldest. */
function bounds(ids: readonly string[]): readonly [bigint | undefined, bigint | undefined] {
  const sorted = ids.map(BigInt).toSorted((a, b) => (a < b ? -1 : 1));
  return [sorted.at(-1), sorted.at(0)];
}
