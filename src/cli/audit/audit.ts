import { InvalidArgumentError, Option, type Command } from 'commander';
import { ACTORS, AUDITED_OPERATIONS } from '../../domain/audit/operations.js';
import { createHeadSigner } from '../../services/audit/headSigner.js';
import { readHead } from '../../domain/audit/head.js';
import { createAuditChains, describeVerdict } from '../../services/audit/auditChains.js';
import { chainIds } from '../../db/audit/chain.js';
import { createLogger } from '../../platform/logger.js';
import { given, readAll, type Answers, type QueryOf } from '../api.js';
import { count, id, uuid } from '../arguments.js';
import { lister, show, verb, type Context } from '../context.js';
import { asOperator } from '../database.js';
import { CliError } from '../errors.js';
import { counted, moment } from '../output.js';

/** Which operations there are is the API's to say. */
type Operation = NonNullable<QueryOf<'/api/audit'>['operation']>;
type Verdict = Answers['AuditVerdict'];

interface Json {
  readonly json?: boolean;
}

interface ListOptions extends Json {
  readonly operation?: Operation;
  readonly portal?: string;
  readonly actor?: string;
  readonly since?: string;
  readonly after?: string;
  readonly limit: number;
}

export function addAudit(audit: Command, context: Context): void {
  lister(audit, {
    name: 'list',
    description: 'list what was done, newest first',
    example: 'list --since 2026-11-24 --portal 62515',
  })
    .addOption(new Option('--operation <operation>', 'only this one').choices(AUDITED_OPERATIONS))
    .option('--portal <portalId>', 'only what was done to one portal', id)
    .option('--actor <actor>', `only by this one: key:<id>, ${ACTORS.join(', ')}`, actor)
    .option('--since <time>', 'not before, e.g. 2026-11-24 or 2026-11-24T12:00:00Z', time)
    .option('--after <seq>', 'go on after this entry', id)
    .option('--limit <n>', 'at most so many', count, 50)
    .action(async ({ operation, portal, actor, since, after, limit, json }: ListOptions) => {
      const filter = { operation, portalId: portal, actor, since, after };
      const page = await readAll(context.api(), '/api/audit', filter, limit, 200);
      show(context, json, page, () =>
        context.table(
          ['seq', 'at', 'actor', 'operation', 'portal', 'result', 'subject'],
          page.items.map((one) => [
            one.seq,
            moment(one.at),
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
    description: "check that no entry was edited, removed, moved or added behind the service's back",
    example: 'verify --head 17:90b1…:k1:Zm9v…',
  })
    .option(
      '--head <head>',
      'seq:hash:keyId:signature (or seq:hash) from the log: it must be part of the chain',
    )
    .option(
      '--workspace <workspaceId>',
      'read the database itself (needs DATABASE_ADMIN_URL and ENCRYPTION_KEYS); all for every workspace',
      (text) => (text === 'all' ? text : uuid(text)),
    )
    .action(async ({ head, workspace, json }: Json & { head?: string; workspace?: string }) => {
      const verdicts =
        workspace === undefined
          ? [await context.api().get('/api/audit/verify', { params: { query: given({ head }) } })]
          : await verifyHere(context, workspace, head);
      show(context, json, workspace === 'all' ? { items: verdicts } : verdicts[0], () =>
        verdicts.map(describe).join('\n'),
      );
      if (verdicts.some(({ ok }) => !ok))
        throw new CliError(
          'The audit chain does not hold: see docs/operations.md, "The audit chain does not hold"',
        );
    });
}

/** Past the API, by an operator who trusts neither it nor what its processes were given. */
async function verifyHere(context: Context, workspace: string, head: string | undefined): Promise<Verdict[]> {
  const against = head === undefined ? undefined : readHead(head);
  if (head !== undefined && (!against || workspace === 'all'))
    throw new CliError(
      '--head must be seq:hash:keyId:signature or seq:hash, and belongs to one --workspace',
      2,
    );
  const env = context.operator();
  const signer = createHeadSigner(env.ENCRYPTION_KEYS);
  const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'pretty' }, 'cli'); // what there is to say, we print
  return asOperator(env, async (pool) => {
    const chains = createAuditChains({ pool, signer, logger, stores: false });
    const ids = workspace === 'all' ? await chainIds(pool) : [workspace];
    const verdicts: Verdict[] = [];
    for (const id of ids) verdicts.push(describeVerdict(id, await chains.verify(id, against)));
    return verdicts;
  });
}

function describe({ workspaceId, problem, entries, heads, head }: Verdict): string {
  if (problem) return `Workspace ${workspaceId}: entry ${problem.seq}: ${problem.kind}. ${problem.detail}`;
  const unknown = heads.unknownKey > 0 ? `, ${heads.unknownKey} by keys that are no longer listed` : '';
  return [
    `Workspace ${workspaceId}: ${counted(entries, 'entry', 'entries')} in order; ${counted(heads.genuine, 'signed head')} agree${heads.genuine === 1 ? 's' : ''}${unknown}`,
    ...(head === null
      ? []
      : [`Its signed end, to keep apart from the database (--head checks against it later): ${head}`]),
  ].join('\n');
}

function actor(text: string): string {
  const isKnown = (ACTORS as readonly string[]).includes(text) || text.startsWith('key:');
  if (!isKnown) throw new InvalidArgumentError(`It must be key:<id>, or one of ${ACTORS.join(', ')}.`);
  return text;
}

function time(text: string): string {
  const at = new Date(text);
  if (Number.isNaN(at.getTime()))
    throw new InvalidArgumentError('It must be a time, such as 2026-11-24T12:00:00Z.');
  return at.toISOString();
}
