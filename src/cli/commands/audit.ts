import { InvalidArgumentError, type Command } from 'commander';
import { count, id } from '../arguments.js';
import { readAll, show, verb, type Context } from '../context.js';
import { CliError } from '../errors.js';
import { table } from '../output.js';

interface Entry {
  readonly seq: string;
  readonly at: string;
  readonly actor: string;
  readonly operation: string;
  readonly portalId: number | null;
  readonly subject: Record<string, unknown>;
  readonly result: string;
}

interface Verdict {
  readonly workspaceId: string;
  readonly ok: boolean;
  readonly problem: { readonly seq: string; readonly kind: string; readonly detail: string } | null;
  readonly entries: number;
  readonly heads: { readonly genuine: number; readonly unknownKey: number };
  readonly head: string | null;
}

interface Json {
  readonly json?: boolean;
}

interface ListOptions extends Json {
  readonly operation?: string;
  readonly portal?: string;
  readonly actor?: string;
  readonly since?: string;
  readonly after?: string;
  readonly limit: number;
}

export function addAudit(program: Command, context: Context): void {
  const audit = program
    .command('audit')
    .description('what was done, by whom, and whether the record of it holds');

  verb(audit, {
    name: 'list',
    description: 'list what was done, newest first',
    example: 'list --since 2026-11-24 --portal 62515',
  })
    .option('--operation <operation>', 'only this one, e.g. lane.drain')
    .option('--portal <portalId>', 'only what was done to one portal', id)
    .option('--actor <actor>', 'only by this one, e.g. key:<id> or system')
    .option('--since <time>', 'not before, e.g. 2026-11-24 or 2026-11-24T12:00:00Z', time)
    .option('--after <seq>', 'go on after this entry', id)
    .option('--limit <n>', 'at most so many', count, 50)
    .action(async ({ operation, portal, actor, since, after, limit, json }: ListOptions) => {
      const filter = { operation, portalId: portal, actor, since, after };
      const page = await readAll<Entry>(context.client(), '/api/audit', filter, limit, 200);
      show(context, json, page, () =>
        table(
          ['seq', 'at', 'actor', 'operation', 'portal', 'result', 'subject'],
          page.items.map((one) => [
            one.seq,
            one.at,
            one.actor,
            one.operation,
            one.portalId === null ? null : String(one.portalId),
            one.result,
            JSON.stringify(one.subject),
          ]),
        ),
      );
      if (page.next !== null && !json) context.say(`There are more: --after ${page.next}`);
    });

  verb(audit, {
    name: 'verify',
    description: 'check that no entry was edited, removed, moved or added behind the service’s back',
    example: 'verify --head 17:90b1…:k1:Zm9v…',
  })
    .option(
      '--head <head>',
      'seq:hash:keyId:signature (or seq:hash) from the log: it must be part of the chain',
    )
    .action(async ({ head, json }: Json & { head?: string }) => {
      const verdict = await context.client().get<Verdict>('/api/audit/verify', { head });
      show(context, json, verdict, () => describe(verdict));
      if (!verdict.ok)
        throw new CliError(
          'The audit chain does not hold: see docs/operations.md, "The audit chain does not hold"',
        );
    });
}

function describe({ workspaceId, problem, entries, heads, head }: Verdict): string {
  if (problem) return `Workspace ${workspaceId}: entry ${problem.seq}: ${problem.kind}. ${problem.detail}`;
  const unknown = heads.unknownKey > 0 ? `, ${heads.unknownKey} by keys that are no longer listed` : '';
  return [
    `Workspace ${workspaceId}: ${entries} entries in order; ${heads.genuine} signed heads agree${unknown}`,
    ...(head === null ? [] : [`Keep elsewhere: ${head}`]),
  ].join('\n');
}

function time(text: string): string {
  const at = new Date(text);
  if (Number.isNaN(at.getTime()))
    throw new InvalidArgumentError('It must be a time, such as 2026-11-24T12:00:00Z.');
  return at.toISOString();
}
