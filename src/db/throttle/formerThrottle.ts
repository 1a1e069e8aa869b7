import { columnOf, pagesOf, type FormerDatabase, type FormerTable } from '../formerDatabase.js';

/*
 * The tables of an earlier throttle: rates of actions, executions that wait, and the portals of which it has tokens.
 */

export const FORMER_RATES = {
  portal: 'portal_id',
  action: 'action_id',
  limit: 'max_throughput',
  time: 'time_period',
  period: 'time_unit',
} as const;

export const FORMER_EXECUTIONS = {
  id: 'id',
  queue: 'queue_id',
  callback: 'callback_id',
  processed: 'processed',
  limit: 'max_throughput',
  time: 'time',
  period: 'period',
  failed: 'permanently_failed',
  expiresAt: 'expires_at',
} as const;

export const FORMER_TOKENS = { portal: 'portal_id', refreshToken: 'refresh_token' } as const;

/** As text, since anything may stand in it. */
export interface FormerRate {
  readonly portal: string | null;
  readonly action: string | null;
  readonly limit: string | null;
  readonly time: string | null;
  readonly period: string | null;
}

export interface FormerExecution {
  readonly id: string;
  /** `queue:portal:workflow:definition:place`. */
  readonly queue: string | null;
  readonly callback: string | null;
  readonly limit: string | null;
  readonly time: string | null;
  readonly period: string | null;
}

export interface ExecutionCounts {
  readonly processed: number;
  readonly waiting: number;
  /** HubSpot has given these up, or the earlier service has. */
  readonly over: number;
}

/** The conditions of a row that waits, and of one that is over; what has no column is never so. */
function standing(table: FormerTable): { readonly processed: string; readonly over: string } {
  // Times without a zone are in UTC there.
  const expired = `coalesce(${columnOf(table, 'expiresAt')}::timestamptz < now(), false)`;
  return {
    processed: `coalesce(${columnOf(table, 'processed')}::boolean, false)`,
    over: `(coalesce(${columnOf(table, 'failed')}::boolean, false) OR ${expired})`,
  };
}

export async function countExecutions(
  { client }: FormerDatabase,
  table: FormerTable,
): Promise<ExecutionCounts> {
  const { processed, over } = standing(table);
  const { rows } = await client.query<ExecutionCounts>(
    `SELECT count(*) FILTER (WHERE ${processed})::float8 AS processed,
            count(*) FILTER (WHERE NOT ${processed} AND NOT ${over})::float8 AS waiting,
            count(*) FILTER (WHERE NOT ${processed} AND ${over})::float8 AS over
       FROM ${table.table} t`,
  );
  return rows[0] ?? { processed: 0, waiting: 0, over: 0 };
}

/** Those that wait, the oldest first. */
export function waitingExecutions(
  former: FormerDatabase,
  table: FormerTable,
  pageSize: number,
): AsyncGenerator<FormerExecution[]> {
  const { processed, over } = standing(table);
  const text = (name: keyof typeof FORMER_EXECUTIONS) => `${columnOf(table, name)}::text`;
  return pagesOf<FormerExecution>(
    former,
    `SELECT ${text('id')} AS id, ${text('queue')} AS queue, ${text('callback')} AS callback, ${text('limit')} AS limit,
            ${text('time')} AS time, ${text('period')} AS period
       FROM ${table.table} t WHERE NOT ${processed} AND NOT ${over} ORDER BY ${columnOf(table, 'id')}`,
    pageSize,
  );
}

export function formerRates(
  former: FormerDatabase,
  table: FormerTable,
  pageSize: number,
): AsyncGenerator<FormerRate[]> {
  const text = (name: keyof typeof FORMER_RATES) => `${columnOf(table, name)}::text`;
  return pagesOf<FormerRate>(
    former,
    `SELECT ${text('portal')} AS portal, ${text('action')} AS action, ${text('limit')} AS limit, ${text('time')} AS time,
            ${text('period')} AS period
       FROM ${table.table} t ORDER BY ${columnOf(table, 'portal')}, ${columnOf(table, 'action')}`,
    pageSize,
  );
}

export interface FormerToken {
  readonly portal: string | null;
  readonly refreshToken: string | null;
}

export function formerTokens(
  former: FormerDatabase,
  table: FormerTable,
  pageSize: number,
): AsyncGenerator<FormerToken[]> {
  const text = (name: keyof typeof FORMER_TOKENS) => `${columnOf(table, name)}::text`;
  return pagesOf<FormerToken>(
    former,
    `SELECT ${text('portal')} AS portal, ${text('refreshToken')} AS "refreshToken"
       FROM ${table.table} t ORDER BY ${columnOf(table, 'portal')}`,
    pageSize,
  );
}
