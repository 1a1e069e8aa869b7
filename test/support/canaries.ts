import { readFileSync } from 'node:fs';
import type { Stack } from './stack.js';

/**
 * The places in which a secret of this stack can be read: searches every table, the logs of every process and server,
 * metrics, the titles of processes and all of Temporal's histories. Empty when no secret leaks.
 */
export async function findLeaks(stack: Stack, more: readonly string[] = []): Promise<string[]> {
  const places: Record<string, string> = { ...stack.logs(), ...(await tablesOf(stack)) };
  for (const one of [...stack.apis, ...stack.workers]) {
    places[`metrics of ${one.name}`] = await (await fetch(`${one.metricsUrl}/metrics`)).text();
    places[`title of ${one.name}`] = titleOf(one.pid);
  }
  for await (const workflow of stack.temporal.workflow.list()) {
    const handle = stack.temporal.workflow.getHandle(workflow.workflowId, workflow.runId);
    const history = await handle.fetchHistory();
    // Payloads are bytes: as latin1 text, a secret in them can be found like one in any other member.
    places[`history of ${workflow.workflowId}`] = JSON.stringify(history, (_key, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
    );
  }
  const { apiKey, clientSecret, tokens } = stack.secrets;
  const secrets = {
    'API key': apiKey,
    'client secret': clientSecret,
    ...Object.fromEntries([...tokens.values(), ...more].map((t, n) => [`token ${n + 1}`, t])),
  };
  return Object.entries(places).flatMap(([place, text]) =>
    Object.entries(secrets).flatMap(([name, secret]) =>
      text.includes(secret) ? [`${name} in ${place}`] : [],
    ),
  );
}

/** Every row of every table, as text. Bytes are there twice: as hex and as latin1 text. */
async function tablesOf(stack: Stack): Promise<Record<string, string>> {
  const { rows: tables } = await stack.pool.query<{ name: string }>(
    `SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) AS name FROM pg_tables
      WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
  );
  const places: Record<string, string> = {};
  for (const { name } of tables) {
    const { rows } = await stack.pool.query<{ row: string }>(`SELECT t::text AS row FROM ${name} t`);
    const text = rows.map(({ row }) => row).join('\n');
    const spelled = [...text.matchAll(/\\\\x([0-9a-f]+)/g)].map(([, hex = '']) =>
      Buffer.from(hex, 'hex').toString('latin1'),
    );
    places[`table ${name}`] = [text, ...spelled].join('\n');
  }
  return places;
}

/** The command line of a process, which every user of the machine can see. Empty where there is no /proc. */
function titleOf(pid: number | undefined): string {
  if (pid === undefined || process.platform !== 'linux') return '';
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
}
