import { ConfigError } from '../../platform/config/config.js';
import type { Secret } from '../../platform/secret.js';
import type { Definitions } from './loadDefinitions.js';
import { inALine, lineOfField, placeOf } from './place.js';

/** Variables of the environment by their names; those that are not set are not in it. */
export type Variables = Readonly<Record<string, Secret | undefined>>;

/** The secrets of actions, by the names of their variables. */
export type ActionSecrets = ReadonlyMap<string, Secret>;

/** One that is shorter stands in many a word, and cannot be kept out of logs. */
const LEAST_LENGTH = 8;

type Named = Pick<Definitions, 'file' | 'actions'>;

/** Those whose handlers run where the call comes in: API and intake need their secrets as well. */
export function inlineActionsOf({ file, actions }: Named): Named {
  return { file, actions: new Map([...actions].filter(([, { answer }]) => answer === 'inline')) };
}

/**
 * What the definitions of actions name as secrets, of the environment of a process. Those that are missing are a
 * ConfigError with the lines of the definitions that name them. Never a value.
 */
export function actionSecretsOf(
  { file, actions }: Named,
  variables: (names: readonly string[]) => Variables,
  service = 'worker',
  cwd = process.cwd(),
): ActionSecrets {
  const wanted = [...actions.values()].flatMap((action) =>
    (action.secrets ?? []).map((name) => ({ action, name })),
  );
  const given = variables([...new Set(wanted.map(({ name }) => name))]);
  const secrets = new Map<string, Secret>();
  const lines: string[] = [];
  for (const { action, name } of wanted) {
    const secret = given[name];
    const isUsable = secret !== undefined && secret.reveal().length >= LEAST_LENGTH;
    if (isUsable) secrets.set(name, secret);
    else {
      const place = lineOfField(placeOf(action), 'secrets');
      const message = `the action ${action.name} needs ${name}, which ${secret === undefined ? 'is not set' : `has fewer than ${LEAST_LENGTH} characters`}`;
      lines.push(`  ${inALine({ place, message }, file ?? '', cwd)}`);
    }
  }
  if (lines.length > 0)
    throw new ConfigError(
      `Secrets of actions are missing in the environment of the ${service}:\n${lines.join('\n')}`,
    );
  return secrets;
}
