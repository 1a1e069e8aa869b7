import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import {
  appFile,
  lacksOfApp,
  lacksOfProfile,
  ORIGIN_IN_FILES,
  profileFile,
  projectFile,
  type AppNeeds,
} from '../../domain/actions/hubspotProject.js';
import { projectAction } from '../../domain/actions/projectAction.js';
import { FEATURES } from '../../domain/portals/features.js';
import { optionalScopesOf, scopesOf } from '../../domain/portals/featureScopes.js';
import { CALLBACK_PATH } from '../../platform/config/portals.js';
import { id } from '../arguments.js';
import { show, verb, type Context } from '../context.js';
import { CliError } from '../errors.js';
import { readJson } from '../jsonFile.js';
import { definitionsHere, publicOriginOf } from './definitionsHere.js';

interface ExportOptions {
  readonly name: string;
  readonly profile: string;
  readonly account?: string;
  readonly published?: boolean;
  readonly webhooks?: boolean;
  readonly json?: boolean;
}

const META = '-hsmeta.json';

export function addExport(actions: Command, context: Context): void {
  verb(actions, {
    name: 'export',
    description: "write them as a project of HubSpot's developer platform, for `hs project upload`",
    example: 'export hubspot --account 62515',
  })
    .argument('<dir>', 'the folder of the project: a new one, or one that there is')
    .option('--name <name>', 'of a new project and its app', 'sluice')
    .option(
      '--profile <name>',
      'the profile that has the origin, for `hs project upload --profile`',
      'production',
    )
    .option('--account <portalId>', 'the HubSpot account of a new profile', id)
    .option('--published', 'accounts that have installed the app are to see the actions')
    .option('--webhooks', 'the subscriptions of what is mirrored, too; asks the API')
    .action(async (dir: string, options: ExportOptions) => {
      const origin = publicOriginOf(context);
      const here = await definitionsHere(context);
      const project = new ProjectFolder(path.resolve(context.cwd, dir));
      const profile = `src/hsprofile.${profileName(options.profile)}.json`;
      const account = project.has(profile) ? undefined : accountOf(options);

      if (!project.has('hsproject.json')) project.write('hsproject.json', projectFile(options.name));
      const needs = appNeeds();
      const [app = `app${META}`] = project.metaFilesIn('src/app');
      if (project.has(`src/app/${app}`)) project.look(`src/app/${app}`, (file) => lacksOfApp(file, needs));
      else project.write(`src/app/${app}`, appFile(options.name, needs));
      if (account === undefined) project.look(profile, (file) => lacksOfProfile(file, origin));
      else project.write(profile, profileFile(account, origin));
      for (const { uid, define, clients } of here) {
        const definition = define(ORIGIN_IN_FILES, options.published ?? false);
        project.write(`src/app/workflow-actions/${uid}${META}`, projectAction(uid, definition, clients));
      }
      if (options.webhooks) {
        const { file } = await context.api().get('/api/webhooks/project', {});
        const { settings } = file.config;
        const targetUrl = settings.targetUrl.replace(new URL(settings.targetUrl).origin, ORIGIN_IN_FILES);
        project.write(`src/app/webhooks/webhooks${META}`, {
          ...file,
          config: { ...file.config, settings: { ...settings, targetUrl } },
        });
      }
      const { written, lacks } = project;
      show(context, options.json, { dir: project.root, written, lacks }, () =>
        [
          ...written.map((file) => `wrote ${file}`),
          ...lacks.map(({ file, lacks: what }) => `NOT CHANGED ${file}: ${what}`),
          `Then: cd ${dir} && hs project upload --profile ${options.profile}`,
        ].join('\n'),
      );
      if (lacks.length > 0) context.fail();
    });
}

/** All that an app may be asked for: what of it an install asks for is said there. */
function appNeeds(): AppNeeds {
  const requiredScopes = scopesOf(['throttle']);
  const all = [...scopesOf(FEATURES), ...optionalScopesOf(FEATURES)];
  return {
    redirectUrl: `${ORIGIN_IN_FILES}${CALLBACK_PATH}`,
    requiredScopes,
    optionalScopes: all.filter((scope) => !requiredScopes.includes(scope)),
  };
}

function profileName(name: string): string {
  if (/^[A-Za-z0-9_-]{1,64}$/.test(name)) return name;
  throw new CliError(`${name} cannot be the name of a profile: letters, digits, _ and -`, 2);
}

function accountOf({ account, profile }: ExportOptions): number {
  if (account !== undefined) return Number(account);
  throw new CliError(`Say which HubSpot account the profile ${profile} is for: --account`, 2);
}

/** The files of a project: those that we make, and those that are somebody's own. */
class ProjectFolder {
  readonly written: string[] = [];
  readonly lacks: { readonly file: string; readonly lacks: string }[] = [];

  constructor(readonly root: string) {}

  /** The file is ours, and written anew each time. */
  write(file: string, content: object): void {
    const target = path.join(this.root, file);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, `${JSON.stringify(content, null, 2)}\n`);
    this.written.push(file);
  }

  /** The file is somebody's own, and stays as it is: what it lacks is said. */
  look(file: string, lacksOf: (there: unknown) => string[]): void {
    const found = lacksOf(readJson(path.join(this.root, file)));
    this.lacks.push(...found.map((lacks) => ({ file, lacks })));
  }

  has(file: string): boolean {
    return existsSync(path.join(this.root, file));
  }

  metaFilesIn(folder: string): string[] {
    const where = path.join(this.root, folder);
    return existsSync(where) ? readdirSync(where).filter((name) => name.endsWith(META)) : [];
  }
}
