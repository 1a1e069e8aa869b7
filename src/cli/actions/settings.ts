import { InvalidArgumentError, type Command } from 'commander';
import type { Answers } from '../api.js';
import { id } from '../arguments.js';
import { show, verb, type Context } from '../context.js';
import { destructive, isMeant, touching, type Meant } from '../destructive.js';
import { CliError } from '../errors.js';
import { filledSecret } from '../secretFile.js';

type Settings = Answers['ActionSettings'];
type Pairs = Readonly<Record<string, string>>;

interface SetOptions {
  readonly set: Pairs;
  readonly from: Pairs;
  readonly unset?: readonly string[];
  readonly json?: boolean;
}

const PATH = '/api/portals/{portalId}/settings';
const PORTAL = "HubSpot's number of it";

function pair(text: string, before: Pairs): Pairs {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw new InvalidArgumentError('It must be a name, = and what it is set to.');
  return { ...before, [name]: value };
}

/** What portals have set for actions. */
export function addSettings(actions: Command, context: Context): void {
  const settings = actions
    .command('settings')
    .description('what a portal has set for your actions, such as its key of a partner')
    .helpCommand(false);
  const of = (portalId: string) => ({ params: { path: { portalId } } });
  const printed = (json: boolean | undefined, one: Settings) =>
    show(context, json, one, () => describe(context, one));

  verb(settings, {
    name: 'show',
    description: 'show what is set, and what waits for it',
    example: 'show 62515',
  })
    .argument('<portalId>', PORTAL, id)
    .action(async (portalId: string, { json }: { json?: boolean }) =>
      printed(json, await context.api().get(PATH, of(portalId))),
    );

  verb(settings, {
    name: 'set',
    description: 'set some, and leave the others as they are',
    example: 'set 62515 --set region=us --from apiKey=key.txt',
  })
    .argument('<portalId>', PORTAL, id)
    .option('--set <name=value>', 'one that is no secret; may be given again', pair, {})
    // Not an argument: those are seen by everybody on the machine, and kept by the shell.
    .option('--from <name=file>', 'one that a file holds; - for standard input; may be given again', pair, {})
    .option('--unset <name>', 'take one away; may be given again', (name, before: string[] | undefined) => [
      ...(before ?? []),
      name,
    ])
    .action(async (portalId: string, { set, from, unset = [], json }: SetOptions) => {
      if (Object.keys({ ...set, ...from }).length + unset.length === 0)
        throw new CliError('Say what to set: --set, --from or --unset', 2);
      const { fields } = await context.api().get(PATH, of(portalId));
      const seen = fields.find(({ name, isSecret }) => isSecret && Object.hasOwn(set, name))?.name;
      if (seen !== undefined)
        throw new CliError(
          `${seen} is secret: give it by --from ${seen}=FILE, or ${seen}=- for standard input`,
          2,
        );
      const read = Object.entries(from).map(([name, file]) => [name, filledSecret(file).reveal()] as const);
      const values = {
        ...{ ...set, ...Object.fromEntries(read) },
        ...Object.fromEntries(unset.map((name) => [name, null])),
      };
      printed(json, await context.api().patch(PATH, { ...of(portalId), body: { values } }));
    });

  destructive(
    verb(settings, { name: 'delete', description: 'take all of a portal away', example: 'delete 62515' }),
  )
    .argument('<portalId>', PORTAL, id)
    .action(async (portalId: string, options: Meant) => {
      const look = async () => {
        const { fields } = await context.api().get(PATH, of(portalId));
        const names = fields.filter(({ isSet }) => isSet).map(({ name }) => name);
        return touching(`Takes all settings of portal ${portalId} away: actions that need them wait`, names);
      };
      if (!(await isMeant(context, options, look))) return;
      await context.api().delete(PATH, of(portalId));
      const said = `Portal ${portalId} has nothing set any more`;
      show(context, options.json, { portalId: Number(portalId), deleted: true }, () => said);
    });
}

function describe(context: Context, { fields, waiting, updatedAt }: Settings): string {
  if (fields.length === 0) return 'No action has settings';
  const table = context.table(
    ['setting', 'value', 'needed', 'actions', 'what it is'],
    fields.map(({ name, isSet, isSecret, value, isRequired, actions, description }) => [
      name,
      isSet ? (isSecret ? '(secret)' : String(value)) : '-',
      isRequired ? 'yes' : 'no',
      actions.join(', '),
      description ?? '',
    ]),
  );
  const lines = waiting.map(({ action, reason }) => `${action} waits: ${reason}`);
  return [table, ...(updatedAt === null ? [] : [`Changed ${updatedAt}`]), ...lines].join('\n');
}
