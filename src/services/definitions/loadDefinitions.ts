import { ConfigError, type Config } from '../../platform/config/config.js';
import type { Logger } from '../../platform/logger.js';
import type { ActionsByName } from '../../sdk/actions/action.js';
import type { ChangeHandler } from '../../sdk/client/changeHandler.js';
import type { SluiceConfig, ThrottleQueueField } from '../../sdk/definitions/defineConfig.js';
import { createRegistry, type Registry } from '../../sdk/outbox/registry/registry.js';
import { builtInEvents } from './builtIns.js';
import { checkConfig } from './checkConfig.js';
import { findConfigFile } from './configFile.js';
import { importConfig } from './importConfig.js';
import { inALine, type DefinitionProblem } from './place.js';

/** What a process works with: what comes with Sluice, and what is defined in `sluice.config.ts`. */
export interface Definitions {
  /** Where they were read; undefined: nothing of one's own is defined. */
  readonly file: string | undefined;
  /** Actions of one's own, by their names, in the order of the config. */
  readonly actions: ActionsByName;
  readonly events: Registry;
  /** Handlers of the feed of changes, by the names of their consumers. */
  readonly handlers: ReadonlyMap<string, ChangeHandler>;
  /** Whether the throttle's calls are taken. */
  readonly throttle: boolean;
  /** What its field `queue` is at HubSpot. */
  readonly throttleQueue: ThrottleQueueField;
}

/** Those of a Sluice to which nothing was added, or of this config. */
export function definitionsOf(config: SluiceConfig = {}, file?: string): Definitions {
  const { actions = [], events = [], on = [], builtIns = {} } = config;
  return {
    file,
    actions: new Map(actions.map((action) => [action.name, action])),
    events: createRegistry([...builtInEvents(builtIns), ...events]),
    handlers: new Map(on.map((handler) => [handler.consumer, handler])),
    throttle: builtIns.throttle ?? true,
    throttleQueue: builtIns.throttleQueue ?? 'drop-down',
  };
}

/**
 * Reads them, once, when a process starts. Whatever is wrong is a ConfigError with a line for each thing that is to be
 * mended, with file and line.
 */
export async function loadDefinitions(
  { SLUICE_CONFIG }: Pick<Config, 'SLUICE_CONFIG'>,
  cwd = process.cwd(),
): Promise<Definitions> {
  const file = findConfigFile(SLUICE_CONFIG, cwd);
  if (file === undefined) return definitionsOf();
  // What was compiled names the lines of what it was compiled from, where it has a map.
  process.setSourceMapsEnabled(true);
  const imported = await importConfig(file);
  if (!imported.ok) throw refused([imported.problem], file, cwd);
  const checked = checkConfig(imported.exported);
  if (!checked.ok) throw refused(checked.problems, file, cwd);
  return definitionsOf(checked.config, file);
}

/** The same, as the log of a process says it. */
export async function readDefinitions(
  config: Pick<Config, 'SLUICE_CONFIG'>,
  logger: Pick<Logger, 'info'>,
): Promise<Definitions> {
  const definitions = await loadDefinitions(config);
  const { file, actions, events, handlers, throttle } = definitions;
  if (file !== undefined)
    logger.info('Definitions were read', {
      ...{ file, throttle, actions: [...actions.keys()], handlers: [...handlers.keys()] },
      events: events.list().map(({ name }) => name),
    });
  return definitions;
}

function refused(problems: readonly DefinitionProblem[], file: string, cwd: string): ConfigError {
  const lines = problems.map((problem) => `  ${inALine(problem, file, cwd)}`);
  return new ConfigError(`${file} cannot be used:\n${lines.join('\n')}\nSee docs/definitions.md`);
}
