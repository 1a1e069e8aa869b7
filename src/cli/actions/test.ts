import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { InvalidArgumentError, type Command } from 'commander';
import { testCallback } from '../../domain/actions/testCall.js';
import { actionPath } from '../../sdk/actions/hubspotDefinition.js';
import { readAll, type Answers, type Api } from '../api.js';
import { duration, id } from '../arguments.js';
import { show, verb, type Context } from '../context.js';
import { CliError } from '../errors.js';
import { sheet } from '../output.js';
import { callSigned, type CallOutputs } from '../signedCall.js';

type Run = Answers['ActionRun'];

interface Options {
  readonly portal?: string;
  readonly input: Readonly<Record<string, string>>;
  readonly object?: string;
  readonly wait: number;
  readonly json?: boolean;
}

/** What `--json` prints. */
interface Tested {
  readonly runId: string;
  readonly action: string;
  readonly portalId: number;
  readonly state: Run['state'];
  /** What HubSpot would get; null: it has not ended. */
  readonly outputs: CallOutputs | null;
  /** The command that goes on from here; null: all went well. */
  readonly next: string | null;
}

const LOOK_EVERY_MS = 250;

/** A call as HubSpot would make it, followed to its outputs. */
export function addTest(actions: Command, context: Context): void {
  verb(actions, {
    name: 'test',
    description: 'call one as HubSpot does, and follow it to its outputs; HubSpot is told nothing of it',
    example: 'test greet --input name=Ada',
  })
    .argument('<name>', 'one of your own, as it is defined')
    .option('--portal <portalId>', 'for this portal (without it: the one that is connected)', id)
    .option('--input <field=value>', 'a field of the step; may be given again', field, {})
    .option('--object <recordId>', 'for this record', id)
    .option('--wait <time>', 'for its end, at most', duration, 60_000)
    .action(async (name: string, { portal, input, object, wait, json }: Options) => {
      const config = context.caller();
      const api = context.api();
      const portalId = portal === undefined ? await onlyPortal(api) : Number(portal);
      const callbackId = testCallback(randomUUID());
      const body = JSON.stringify({
        callbackId,
        origin: { portalId },
        context: { source: 'TEST' },
        ...(object !== undefined && { object: { objectId: object } }),
        ...{ fields: input, inputFields: input },
      });
      const call = async () => {
        const answered = await callSigned(config, actionPath(name), body);
        if (answered.kind === 'taken') return answered.outputs;
        const { actions: known } = await context.definitions();
        const isUnknown = answered.why === 'answers 503' && !known.has(name);
        throw new CliError(
          isUnknown
            ? `There is no action ${name}; there are: ${[...known.keys()].join(', ') || 'none'}`
            : `${config.PUBLIC_URL}${actionPath(name)} ${answered.why}: see \`npx sluice doctor\``,
        );
      };

      const until = performance.now() + wait;
      const first = await call();
      let run = await find(api, callbackId);
      while (run.endedAt === null && performance.now() < until) {
        await delay(LOOK_EVERY_MS);
        run = await find(api, callbackId);
      }
      // What is kept of it is sealed; whoever makes the call again is answered by it.
      const outputs =
        run.endedAt === null ? null : first.hs_execution_state === 'BLOCK' ? await call() : first;
      const went = outputs?.hs_execution_state === 'SUCCESS';
      const tested: Tested = {
        ...{ runId: run.id, action: run.action, portalId: run.portalId, state: run.state, outputs },
        next: went ? null : `npx sluice actions runs show ${run.id}${outputs ? ' --data' : ''}`,
      };
      show(context, json, tested, () => inWords(tested));
      if (!went) context.fail();
    });
}

function field(text: string, before: Readonly<Record<string, string>>): Record<string, string> {
  const [, name, value] = /^([^=]+)=([^]*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw new InvalidArgumentError('It must be a field and its value, such as name=Ada.');
  return { ...before, [name]: value };
}

async function onlyPortal(api: Api): Promise<number> {
  const { items } = await readAll(api, '/api/portals', {}, Infinity, 200);
  const [portal, ...others] = items.filter(({ state }) => state === 'active');
  if (portal && others.length === 0) return portal.portalId;
  throw new CliError(
    portal
      ? `${others.length + 1} portals are connected: name one with --portal`
      : 'No portal is connected: `npx sluice portals connect` connects one',
  );
}

async function find(api: Api, callbackId: string): Promise<Run> {
  const { items } = await api.get('/api/actions/runs', { params: { query: { callbackId } } });
  const [run] = items;
  if (run) return run;
  throw new CliError(
    'The call was taken, and this key sees no run of it: its portal is of another workspace',
  );
}

function inWords({ runId, action, portalId, state, outputs, next }: Tested): string {
  const { hs_execution_state: how, ...given } = outputs ?? {};
  return sheet([
    ['run', runId],
    ['action', action],
    ['portal', String(portalId)],
    ['state', outputs ? state : `${state}: it has not ended yet`],
    ['HubSpot', how === undefined ? null : `would go on with ${how}`],
    ...Object.entries(given).map(([name, value]) => [name, String(value)] as const),
    ['next', next],
  ]);
}
