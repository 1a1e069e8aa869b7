import type { Command } from 'commander';
import type { DefinitionsClient } from '../../hubspot/definitions/definitionsClient.js';
import { show, verb, type Context } from '../context.js';
import { CliError, describeFailure } from '../errors.js';
import { counted } from '../output.js';
import { atHubSpot, withCredential, type CredentialOptions } from './atHubSpot.js';
import { definitionsHere, publicOriginOf } from './definitionsHere.js';
import { describePlan, isBreaking, isSame, planOf, type Planned } from './plan.js';

interface PublishOptions extends CredentialOptions {
  readonly dryRun?: boolean;
  readonly breaking?: boolean;
  readonly published?: boolean;
  readonly unpublished?: boolean;
  readonly json?: boolean;
}

/** What came of one. */
type Done = Omit<Planned, 'definition'> & {
  readonly did: 'made' | 'changed' | 'nothing' | 'failed' | 'would make' | 'would change';
  readonly failure?: string;
};

export function addPublish(actions: Command, context: Context): void {
  withCredential(
    verb(actions, {
      name: 'publish',
      description: 'bring definitions to HubSpot: new ones are made, others get a new revision',
      example: 'publish greet --dry-run',
    }),
  )
    .argument('[names...]', 'only these; default: all')
    .option('--dry-run', 'say what it would do, and change nothing')
    .option('--breaking', 'also what steps that exist would lose')
    .option('--published', 'accounts that have installed the app are to see them')
    .option('--unpublished', 'developer accounts alone are to see them; steps that exist go on')
    .action(async (names: string[], options: PublishOptions) => {
      const here = await definitionsHere(context, names);
      const origin = publicOriginOf(context);
      const done = await atHubSpot(context, options, async (client) => {
        const plan = planOf(here, await client.heldDefinitions(), origin, visibilityIn(options));
        refuseBreaking(plan, options);
        const results: Done[] = [];
        for (const one of plan) results.push(await bring(client, one, options.dryRun ?? false));
        return results;
      });
      show(context, options.json, { actions: done }, () => done.map((one) => describe(one)).join('\n'));
      if (done.some(({ did }) => did === 'failed')) context.fail();
    });
}

function visibilityIn({ published, unpublished }: PublishOptions): boolean | undefined {
  if (published && unpublished) throw new CliError('Either --published or --unpublished', 2);
  return published ? true : unpublished ? false : undefined;
}

function refuseBreaking(plan: readonly Planned[], { breaking, dryRun }: PublishOptions): void {
  const broken = plan.filter(isBreaking);
  if (broken.length === 0 || breaking || dryRun) return;
  throw new CliError(
    `${broken.map(describePlan).join('\n')}\nSteps that exist would lose what they have. Nothing was changed: add --breaking if it is meant`,
  );
}

async function bring(client: DefinitionsClient, plan: Planned, isDry: boolean): Promise<Done> {
  const { definition, ...one } = plan;
  if (isSame(plan)) return { ...one, did: 'nothing' };
  const { id } = one;
  if (isDry) return { ...one, did: id === null ? 'would make' : 'would change' };
  try {
    const held = id === null ? await client.create(definition) : await client.change(id, definition);
    return { ...one, id: held.id, revisionId: held.revisionId, did: id === null ? 'made' : 'changed' };
  } catch (error) {
    return { ...one, did: 'failed', failure: describeFailure(error) };
  }
}

function describe({ name, id, revisionId, changes, did, failure }: Done): string {
  switch (did) {
    case 'nothing':
      return `${name}: nothing to do (${id}, revision ${revisionId})`;
    case 'made':
      return `${name}: made as ${id}`;
    case 'changed':
      return `${name}: ${counted(changes.length, 'change')}, now revision ${revisionId} of ${id}`;
    case 'failed':
      return `${name}: ${failure}`;
    case 'would make':
      return `${name}: would be made`;
    case 'would change': {
      const lines = changes.map(
        ({ at, what, isBreaking }) => `  ${isBreaking ? 'BREAKING ' : ''}${at}: ${what}`,
      );
      return [`${name}: ${counted(changes.length, 'change')} in ${id}`, ...lines].join('\n');
    }
  }
}
