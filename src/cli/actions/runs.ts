import type { Command } from 'commander';
import { given, readAll, type Answers } from '../api.js';
import { count, id } from '../arguments.js';
import { lister, show, verb, type Context } from '../context.js';
import { destructive, isMeant, touching, type Meant } from '../destructive.js';
import { moment, sheet } from '../output.js';

type Run = Answers['ActionRun'];

interface Json {
  readonly json?: boolean;
}

interface Filter {
  readonly action?: string;
  readonly portal?: string;
  readonly state?: Run['state'];
  readonly after?: string;
  readonly limit: number;
}

/** Runs of actions: what became of HubSpot's calls. */
export function addRuns(actions: Command, context: Context): void {
  const runs = actions
    .command('runs')
    .description('what became of the calls of your actions')
    .helpCommand(false);

  lister(runs, { name: 'list', description: 'list runs, the newest first', example: 'list --state failed' })
    .option('--action <name>', 'only those of one action')
    .option('--portal <portalId>', 'only those of one portal', id)
    .option('--state <state>', 'only those that are waiting, completed, failed, …')
    .option('--limit <n>', 'at most so many', count, 50)
    .option('--after <id>', 'go on where another list ended', id)
    .action(async ({ action, portal, state, after, limit, json }: Json & Filter) => {
      const query = given({ action, portalId: portal, state, after });
      const page = await readAll(context.api(), '/api/actions/runs', query, limit, 200);
      show(context, json, page, () =>
        context.table(
          ['id', 'action', 'portal', 'record', 'state', 'code', 'tries', 'came', 'ended'],
          page.items.map((one) => [
            ...[one.id, one.action, one.portalId, one.objectId ?? '-', one.state, one.errorCode ?? '-'],
            ...[one.attempts, moment(one.receivedAt), moment(one.endedAt)],
          ]),
        ),
      );
    });

  verb(runs, { name: 'show', description: 'show one', example: 'show 41' })
    .argument('<runId>', 'its id', id)
    .option('--data', 'with what it was called with and what came of it (needs the scope admin)')
    .action(async (runId: string, { data, json }: Json & { data?: true }) => {
      const params = { path: { id: runId }, query: data ? { data: 'true' as const } : {} };
      const one = await context.api().get('/api/actions/runs/{id}', { params });
      show(context, json, one, () => sheetOf(one));
    });

  verb(runs, { name: 'retry', description: 'try one again that failed', example: 'retry 41' })
    .argument('<runId>', 'its id', id)
    .action(async (runId: string, { json }: Json) => {
      const params = { path: { id: runId } };
      const one = await context.api().post('/api/actions/runs/{id}/retry', { params });
      show(context, json, one, () => `Run ${one.id} of ${one.action} is tried again`);
    });

  destructive(
    verb(runs, {
      name: 'cancel',
      description: 'end one that waits: its record goes on as failed',
      example: 'cancel 41',
    }),
  )
    .argument('<runId>', 'its id', id)
    .action(async (runId: string, options: Meant) => {
      const api = context.api();
      const params = { path: { id: runId } };
      const look = async () => {
        const { action, portalId } = await api.get('/api/actions/runs/{id}', { params });
        return touching(
          `Cancels run ${runId} of ${action} in portal ${portalId}: its record goes on as failed`,
          [],
        );
      };
      if (!(await isMeant(context, options, look))) return;
      const one = await api.post('/api/actions/runs/{id}/cancel', { params });
      show(context, options.json, one, () => `Run ${one.id} of ${one.action} ends as cancelled`);
    });
}

function sheetOf(one: Answers['ActionRunDetail']): string {
  const shown = (value: object | null) => (value === null ? null : JSON.stringify(value));
  return sheet([
    ['run', one.id],
    ['action', `${one.action}, version ${one.version}`],
    ['portal', one.portalId],
    ['callback', one.callbackId],
    ['record', one.objectId],
    ['state', one.state],
    ['code', one.errorCode],
    ['reason', one.reason],
    ['tries', one.attempts],
    ['doubts', one.doubts],
    ['came', one.receivedAt],
    ['given up', one.giveUpAt],
    ['ended', one.endedAt],
    ['input', shown(one.input)],
    ['outputs', shown(one.outputs)],
    ['threw last', one.error],
  ]);
}
