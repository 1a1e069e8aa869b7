import { Option, type Command } from 'commander';
import { EXECUTION_STATES } from '../../domain/throttle/executionStates.js';
import { readAll, type Answers, type Api } from '../api.js';
import { count, id, ids } from '../arguments.js';
import { destructive, isMeant, touching, type Meant } from '../destructive.js';
import { lister, show, verb, type Context } from '../context.js';
import { CliError, problemOf } from '../errors.js';
import { counted, duration, moment, roughly, sheet } from '../output.js';
import { nameOf, stoppedBy } from './lanes.js';

type Execution = Answers['ExecutionDetail'];
type Operation = 'cancel' | 'release' | 'retry';

interface Json {
  readonly json?: boolean;
}

export function addExecutions(executions: Command, context: Context): void {
  lister(executions, {
    name: 'list',
    description: 'list executions, newest first',
    example: 'list --lane 7 --state failed',
  })
    .option('--portal <portalId>', 'only those of one portal', id)
    .option('--lane <laneId>', 'only those of one lane', id)
    .option('--callback <callbackId>', "the one of this callback: HubSpot's name for the call", String)
    .option('--record <objectId>', "only those of one record, by HubSpot's id of it", String)
    .addOption(new Option('--state <state>', 'only those in one state').choices(EXECUTION_STATES))
    .option('--limit <n>', 'at most so many', count, 50)
    .option('--after <id>', 'go on where another list ended', id)
    .action(async ({ json, limit, ...options }: Json & ListOptions) => {
      const { portal, lane, state, callback, record, after } = options;
      const query = { portalId: portal, laneId: lane, state, callbackId: callback, objectId: record, after };
      const api = context.api();
      const page = await readAll(api, '/api/executions', query, limit, 200);
      if (page.items.length === 0 && callback !== undefined) await refuseUnknownCallback(api, callback);
      show(context, json, page, () =>
        context.table(
          ['id', 'portal', 'lane', 'state', 'received', 'waited', 'tries', 'callback', 'reason'],
          page.items.map((one) => [
            one.id,
            String(one.portalId),
            one.laneId,
            one.state,
            moment(one.receivedAt),
            roughly(one.waitedMs),
            one.attempts,
            one.callbackId,
            one.reason ?? (one.endRequested === null ? null : `to end as ${one.endRequested}`),
          ]),
        ),
      );
      if (page.next !== null && !json) context.say(`There are more: --after ${page.next}`);
    });

  verb(executions, {
    name: 'show',
    description: 'show one: its state, its times, and when it will go',
    example: 'show 4711',
  })
    .argument('<executionId>', 'its id', id)
    .option('--payload', 'with the body of a call that was rejected (needs a key with the scope admin)')
    .action(async (executionId: string, { payload, json }: Json & { payload?: boolean }) => {
      const query = payload ? { payload: 'true' as const } : {};
      const params = { path: { id: executionId }, query };
      const execution = await context.api().get('/api/executions/{id}', { params });
      // A lane that stands still has no moment at which its executions go: then what stops it is what people look for.
      const lane = json || execution.eta !== null ? undefined : await laneOf(context, execution);
      show(context, json, execution, () => describe(execution, lane && stoppedBy(lane)));
    });

  const each = (
    name: string,
    done: string,
    description: string,
    operation: Operation,
    does?: string,
  ): void => {
    const command = verb(executions, { name, description, example: `${name} 4711 4712` });
    if (does !== undefined) destructive(command);
    command
      .argument('<executionIds...>', 'their ids', ids)
      .action(async (executionIds: string[], options: Meant) => {
        const { json } = options;
        const api = context.api();
        const isAsked = does !== undefined && (operation === 'cancel' || executionIds.length > 1);
        const look = async () => touching(...(await previewOf(api, does ?? '', executionIds)));
        if (isAsked || options.dryRun) {
          if (!(await isMeant(context, options, look))) return;
        }
        const items: Execution[] = [];
        const refused: CliError[] = [];
        for (const executionId of executionIds) {
          try {
            const params = { path: { id: executionId } };
            items.push(await api.post(`/api/executions/{id}/${operation}`, { params }));
          } catch (error) {
            if (!(error instanceof CliError)) throw error;
            refused.push(new CliError(`${executionId}: ${error.message}`, 1, error.is));
          }
        }
        if (items.length > 0 || json) {
          const notDone = refused.map(problemOf);
          show(context, json, { items, next: null, refused: notDone }, () =>
            items.map((one) => `${one.id} ${done}${outlook(one)}`).join('\n'),
          );
        }
        if (refused.length > 0) throw new CliError(refused.map(({ message }) => message).join('\n'));
      });
  };
  each(
    'cancel',
    'will end as cancelled',
    'end executions that wait: HubSpot goes on with them as failed',
    'cancel',
    'Cancels',
  );
  each(
    'first',
    'is the next of its lane',
    'put executions at the head of their lane; the rate stays',
    'release',
  );
  each(
    'retry',
    'waits again',
    'send executions again that failed, or that HubSpot did not find; asks where they are several',
    'retry',
    'Sends again',
  );

  verb(executions, {
    name: 'replay',
    description: "replay its workflow's history through the workflow code at hand",
    example: 'replay 4711',
  })
    .argument('<executionId>', 'its id', id)
    .action(async (executionId: string, { json }: Json) => {
      const { workflowId } = await context
        .api()
        .get('/api/executions/{id}', { params: { path: { id: executionId } } });
      if (workflowId === null)
        throw new CliError(`Execution ${executionId} rides in no workflow: there is nothing to replay`);
      // The worker's native library is loaded for this command alone.
      const { replay, silenceSdk } = await import('./replay.js');
      silenceSdk();
      const result = await replay(context.settings().temporal, workflowId);
      show(context, json, result, () =>
        result.same
          ? `${workflowId}: the code at hand takes the same course through all ${result.events} events`
          : `${workflowId}: the code at hand parts from the history at ${result.partsAt}\n${result.problem}`,
      );
      if (!result.same)
        throw new CliError('The history does not fit the code: deploy workflow changes behind patched()');
    });
}

/** What a person is shown of them: how many they are, and how the first ones stand. */
async function previewOf(
  api: Api,
  does: string,
  executionIds: readonly string[],
): Promise<[string, string[], number]> {
  const names: string[] = [];
  for (const id of executionIds.slice(0, 5))
    names.push(nameOf(await api.get('/api/executions/{id}', { params: { path: { id } } })));
  return [`${does} ${counted(executionIds.length, 'execution')}`, names, executionIds.length];
}

interface ListOptions {
  readonly portal?: string;
  readonly lane?: string;
  readonly state?: Execution['state'];
  readonly callback?: string;
  readonly record?: string;
  readonly limit: number;
  readonly after?: string;
}

async function laneOf(context: Context, { state, laneId }: Execution): Promise<Answers['Lane'] | undefined> {
  if (state !== 'waiting' || laneId === null) return undefined;
  return context.api().get('/api/lanes/{id}', { params: { path: { id: laneId } } });
}

function describe(one: Execution, stopped: string | null | undefined): string {
  return sheet([
    ['execution', one.id],
    ['portal', one.portalId],
    ['lane', one.laneId],
    ['callback', one.callbackId],
    ['state', one.endRequested === null ? one.state : `${one.state}, to end as ${one.endRequested}`],
    ['reason', one.reason],
    ['received', one.receivedAt],
    ['planned', one.plannedAt],
    ['finished', one.finishedAt],
    ['expires', one.expiresAt],
    ['waited', duration(one.waitedMs)],
    ['tries', one.attempts],
    ['workflow', one.workflowId],
    ['ahead of it', one.position],
    ...(stopped == null ? [] : ([['its lane', stopped]] as const)),
    ['expected', one.eta == null ? null : `${one.eta}, in ${duration(one.etaMs ?? 0)}`],
    ...(one.payload
      ? ([['payload', `${one.payload.bytes} bytes, sha256 ${one.payload.sha256}`]] as const)
      : []),
    ...(one.payload?.base64 === undefined
      ? []
      : ([['body', Buffer.from(one.payload.base64, 'base64').toString('utf8')]] as const)),
  ]);
}

function outlook(one: Execution): string {
  return one.etaMs == null ? '' : `, expected in ${duration(one.etaMs)}`;
}

/** An empty list may be empty because its callback names nothing. */
async function refuseUnknownCallback(api: Api, callbackId: string): Promise<void> {
  const { items } = await api.get('/api/executions', { params: { query: { callbackId, limit: 1 } } });
  if (items.length > 0) return;
  const words = `There is no such callback ${callbackId}, or it is longer ago than executions are kept`;
  throw new CliError(words, 1, 'not_found');
}
