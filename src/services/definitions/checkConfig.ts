import type { SluiceConfig } from '../../sdk/definitions/defineConfig.js';
import { isConfig } from '../../sdk/definitions/defineConfig.js';
import { builtInEvents } from './builtIns.js';
import { problemsOfActions } from './checkActions.js';
import { problemsOfEvents } from './checkEvents.js';
import { problemsOfHandlers } from './checkHandlers.js';
import { lineOfField, placeOf, type DefinitionProblem } from './place.js';

const FIELDS = ['actions', 'events', 'on', 'builtIns'];
/** Their form is declared, for who writes to both sides. */
const NOT_YET = ['transforms', 'sinks'];
const SWITCHES = ['throttle', 'driverEvents'];
const QUEUE_FIELDS: readonly unknown[] = [undefined, 'drop-down', 'text'];
const BUILT_INS = [...SWITCHES, 'throttleQueue'];

export type CheckedConfig =
  | { readonly ok: true; readonly config: SluiceConfig }
  | { readonly ok: false; readonly problems: readonly DefinitionProblem[] };

/** What a config file exports, before anything is made of it: whoever writes JavaScript may export anything. */
export function checkConfig(exported: unknown): CheckedConfig {
  if (!isConfig(exported)) {
    const message =
      'its default export is not made by defineConfig: write `export default defineConfig({ … })`';
    return { ok: false, problems: [{ place: undefined, message }] };
  }
  const place = placeOf(exported);
  const { actions = [], events = [], on = [], builtIns = {} }: Record<string, unknown> = { ...exported };
  const problems: DefinitionProblem[] = unknownFields(exported, FIELDS).map((field) => ({
    place: lineOfField(place, field),
    message: NOT_YET.includes(field)
      ? `nothing calls ${field} yet: leave it out`
      : `there is nothing that is called ${field}; there are ${FIELDS.join(', ')}`,
  }));
  problems.push(...problemsOfBuiltIns(builtIns, place));
  if (!Array.isArray(actions))
    problems.push({ place: lineOfField(place, 'actions'), message: 'actions must be a list' });
  else problems.push(...problemsOfActions(actions, lineOfField(place, 'actions')));
  if (!Array.isArray(events))
    problems.push({ place: lineOfField(place, 'events'), message: 'events must be a list' });
  else
    problems.push(
      ...problemsOfEvents(events, builtInEvents(exported.builtIns), lineOfField(place, 'events')),
    );
  if (!Array.isArray(on)) problems.push({ place: lineOfField(place, 'on'), message: 'on must be a list' });
  else problems.push(...problemsOfHandlers(on, lineOfField(place, 'on')));
  return problems.length > 0 ? { ok: false, problems } : { ok: true, config: exported };
}

function problemsOfBuiltIns(builtIns: unknown, place: DefinitionProblem['place']): DefinitionProblem[] {
  const said: Record<string, unknown> | undefined =
    typeof builtIns === 'object' && builtIns !== null ? { ...builtIns } : undefined;
  if (!said || SWITCHES.some((name) => isNoSwitch(said[name]))) {
    const message = `builtIns says true or false to ${SWITCHES.join(', ')}`;
    return [{ place: lineOfField(place, 'builtIns'), message }];
  }
  const problems = unknownFields(said, BUILT_INS).map((field) => ({
    place: lineOfField(place, field),
    message: `there is no built-in ${field}; there are ${BUILT_INS.join(', ')}`,
  }));
  if (QUEUE_FIELDS.includes(said['throttleQueue'])) return problems;
  const message = "throttleQueue is 'drop-down' or 'text'";
  return [...problems, { place: lineOfField(place, 'throttleQueue'), message }];
}

const isNoSwitch = (value: unknown) => value !== undefined && typeof value !== 'boolean';

const unknownFields = (of: object, known: readonly string[]) =>
  Object.keys(of).filter((field) => !known.includes(field));
