import pg from 'pg';

/** What a statement read of a table, by the plan that it ran by. */
export interface Read {
  readonly relation: string;
  /** `Seq Scan`, `Index Scan` … */
  readonly node: string;
  /** Rows that were looked at, whether or not they were wanted. */
  readonly rows: number;
  readonly statement: string;
}

export interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'CTE Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly 'Shared Hit Blocks'?: number;
  readonly 'Shared Read Blocks'?: number;
  readonly Plans?: readonly PlanNode[];
}

/** Runs a statement and returns the plan that it ran by. Its caller ends the transaction. */
export async function explain(client: pg.ClientBase, text: string, values: unknown[]): Promise<PlanNode> {
  const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
    `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`,
    values,
  );
  return rows[0]!['QUERY PLAN'][0].Plan;
}

/** Pages of tables and indexes that were touched, within functions too. */
export const pagesOf = (plan: PlanNode): number =>
  (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0);

/** Rows of tables that were looked at, whether or not they were wanted; without those within functions. */
export const rowsOf = (plan: PlanNode): number =>
  nodesOf(plan).reduce((sum, node) => sum + (node['Relation Name'] === undefined ? 0 : lookedAt(node)), 0);

function lookedAt(node: PlanNode): number {
  const each =
    node['Actual Rows'] +
    (node['Rows Removed by Filter'] ?? 0) +
    (node['Rows Removed by Index Recheck'] ?? 0);
  return Math.round(each * node['Actual Loops']);
}

/**
 * A pool whose statements are explained as they run, those within functions too, by `auto_explain`. For a superuser's
 * login: loading it needs one. They run as `role`, where one is named.
 */
export function createExplainedPool(
  url: string,
  role?: string,
  /** Rows that a statement reads of its own parts (WITH), too. */
  { parts = false } = {},
): { readonly pool: pg.Pool; take(): Read[] } {
  const reads: Read[] = [];
  const pool = new pg.Pool({
    ...{ connectionString: url, max: 3 },
    verify: (client, done) => {
      client.query(SETTINGS + (role === undefined ? '' : `; SET ROLE ${role}`)).then(() => done(), done);
    },
  });
  pool.on('connect', (client) => {
    client.on('notice', ({ message = '' }) => {
      const json = /plan:\n([^]*)$/.exec(message)?.[1];
      if (json === undefined) return;
      const explained = JSON.parse(json) as { 'Query Text': string; Plan: PlanNode };
      for (const node of nodesOf(explained.Plan)) {
        const relation = node['Relation Name'] ?? (parts ? node['CTE Name'] : undefined);
        if (relation === undefined) continue;
        const statement = explained['Query Text'];
        reads.push({ relation, node: node['Node Type'], rows: lookedAt(node), statement });
      }
    });
  });
  return { pool, take: () => reads.splice(0) };
}

const SETTINGS = `
  LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0; SET auto_explain.log_nested_statements = on;
  SET auto_explain.log_analyze = on; SET auto_explain.log_timing = off; SET auto_explain.log_format = json;
  SET auto_explain.log_level = notice; SET jit = off`;

function nodesOf(plan: PlanNode): PlanNode[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
}
