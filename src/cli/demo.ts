import type { Command } from 'commander';
import { z } from 'zod';
import { HUBSPOT_API } from '../platform/config/hubspot.js';
import { count, id } from './arguments.js';
import { show, verb, type Context } from './context.js';
import { CliError } from './errors.js';
import { counted } from './output.js';

/* What a newcomer does to see how Sluice takes it. It works in the sandbox, which is no HubSpot of anybody. */

const DEADLINE_MS = 10_000;

const portalsSchema = z.object({
  items: z.array(
    z.object({
      portalId: z.number(),
      installed: z.boolean(),
      workflows: z.array(
        z.object({ workflowId: z.number(), name: z.string(), byState: z.record(z.string(), z.number()) }),
      ),
    }),
  ),
});
const enrolmentsSchema = z.object({
  items: z.array(z.object({ state: z.string(), current: z.object({ callbackId: z.string() }).nullable() })),
});

type SandboxPortal = z.infer<typeof portalsSchema>['items'][number];
type Sandbox = <Schema extends z.ZodType>(
  method: 'GET' | 'POST' | 'PATCH',
  path: string,
  schema: Schema,
  body?: object,
) => Promise<z.output<Schema>>;

/** What was done, and where it shows. */
interface Trouble {
  readonly did: string;
  readonly look: string;
}

interface TroubleKind {
  readonly does: string;
  readonly make: (sandbox: Sandbox, portal: SandboxPortal) => Promise<Trouble>;
}

const STORM = 200;

const KINDS: Readonly<Record<string, TroubleKind>> = {
  'revoked-token': {
    does: "HubSpot takes the portal's tokens back, as when somebody removes the app",
    async make(sandbox, { portalId }) {
      await sandbox('POST', `/portals/${portalId}/uninstall`, z.unknown(), {});
      return {
        did: `the tokens of portal ${portalId} are revoked: nothing is lost, and nothing is sent for it until the app is installed again`,
        look: `npx sluice status, npx sluice portals show ${portalId}, npx sluice portals connect ${portalId} for a link that mends it`,
      };
    },
  },
  '429-storm': {
    does: `HubSpot refuses the next ${STORM} completions for want of room`,
    async make(sandbox, { portalId }) {
      const fault = { target: 'callbacks', portalId, kind: 'status', status: 429, count: STORM };
      await sandbox('POST', '/faults', z.unknown(), { ...fault, policy: 'TEN_SECONDLY_ROLLING' });
      return {
        did: `the next ${STORM} completions of portal ${portalId} are answered 429: they come later, and each once`,
        look: 'npx sluice lanes list --watch, npx sluice executions list --state waiting',
      };
    },
  },
  'poison-callback': {
    does: 'HubSpot forgets a record that waits, so that a batch with it is refused as a whole',
    async make(sandbox, { portalId }) {
      const { items } = await sandbox('GET', `/enrolments?portalId=${portalId}`, enrolmentsSchema);
      const waiting = items.find(({ state, current }) => state === 'waiting' && current !== null);
      if (!waiting?.current)
        throw new CliError(
          `No record of portal ${portalId} waits: enrol some (\`npx sluice demo enrol 500\`), and try again`,
        );
      const { callbackId } = waiting.current;
      await sandbox('POST', `/callbacks/${callbackId}/expire`, z.unknown(), {});
      await sandbox('PATCH', '/settings', z.unknown(), { unknownCallbacks: 'reject' });
      return {
        did: `HubSpot knows ${callbackId} no more: those that share a batch with it are completed all the same`,
        look: `npx sluice search ${callbackId}`,
      };
    },
  },
};

export function addDemo(demo: Command, context: Context): void {
  verb(demo, {
    name: 'enrol',
    description: 'enrol records in a workflow of the sandbox: HubSpot calls, and Sluice holds them',
    example: 'enrol 500',
  })
    .argument('[count]', 'so many', count, 300)
    .option('--portal <portalId>', 'in this portal; default: the newest that has a workflow', id)
    .action(async (number: number, { portal, json }: { portal?: string; json?: boolean }) => {
      const sandbox = await openSandbox(context);
      const { portalId, workflows } = await portalOf(sandbox, portal);
      const workflow = workflows.at(-1);
      if (!workflow) throw new CliError(`Portal ${portalId} of the sandbox has no workflow`);
      const { workflowId, name } = workflow;
      await sandbox('POST', `/portals/${portalId}/workflows/${workflowId}/enrol`, z.unknown(), {
        count: number,
      });
      const look = 'npx sluice lanes list --watch';
      show(context, json, { portalId, workflowId, enrolled: number, look }, () =>
        [`${counted(number, 'record')} enrolled in "${name}" of portal ${portalId}`, `See: ${look}`].join(
          '\n',
        ),
      );
    });

  verb(demo, {
    name: 'trouble',
    description: 'make trouble in the sandbox, and say what to look at',
    example: 'trouble 429-storm',
  })
    .argument('[kind]', `${Object.keys(KINDS).join(', ')}; default: all of them`)
    .option('--portal <portalId>', 'in this portal; default: the newest that has a workflow', id)
    .addHelpText(
      'after',
      `\n${Object.entries(KINDS)
        .map(([kind, { does }]) => `  ${kind.padEnd(16)} ${does}`)
        .join('\n')}`,
    )
    .action(async (kind: string | undefined, { portal, json }: { portal?: string; json?: boolean }) => {
      const kinds = kindsOf(kind);
      const sandbox = await openSandbox(context);
      const chosen = await portalOf(sandbox, portal);
      const made: Trouble[] = [];
      for (const one of kinds) made.push(await one.make(sandbox, chosen));
      show(context, json, made, () => made.map(({ did, look }) => `${did}\n  See: ${look}`).join('\n'));
    });
}

/** What takes the tokens away comes last: the others need the portal. */
function kindsOf(kind: string | undefined): TroubleKind[] {
  const named = kind === undefined ? undefined : KINDS[kind];
  if (named) return [named];
  if (kind === undefined) return Object.values(KINDS).reverse();
  throw new CliError(`There is no trouble ${kind}; there are ${Object.keys(KINDS).join(', ')}`, 2);
}

async function portalOf(sandbox: Sandbox, wanted: string | undefined): Promise<SandboxPortal> {
  const { items } = await sandbox('GET', '/portals', portalsSchema);
  const found =
    wanted === undefined
      ? items.filter(({ installed, workflows }) => installed && workflows.length > 0).at(-1)
      : items.find(({ portalId }) => String(portalId) === wanted);
  if (found) return found;
  throw new CliError(
    wanted === undefined
      ? 'No portal of the sandbox has the app and a workflow: `npm start` makes one'
      : `The sandbox has no portal ${wanted}; it has ${items.map(({ portalId }) => portalId).join(', ') || 'none'}`,
  );
}

/** The control API of the sandbox that the service here has for its HubSpot. */
async function openSandbox(context: Context): Promise<Sandbox> {
  const { HUBSPOT_API_BASE_URL: base } = context.developer();
  if (base === HUBSPOT_API)
    throw new CliError('This works in the sandbox alone: `npm start` without a .env starts one', 2);
  const ask: Sandbox = async (method, path, schema, body) => {
    const answer = await fetch(`${base}/_sandbox${path}`, {
      method,
      ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    const text = await answer.text();
    if (!answer.ok) throw new CliError(`The sandbox refuses ${method} ${path} (${answer.status}): ${text}`);
    return schema.parse(text === '' ? undefined : JSON.parse(text));
  };
  try {
    await ask('GET', '/health', z.object({ ok: z.literal(true) }));
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error);
    throw new CliError(`There is no sandbox at ${base}, and this works nowhere else: ${because}`);
  }
  return ask;
}
