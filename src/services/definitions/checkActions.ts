import type { AnyAction } from '../../sdk/actions/action.js';
import { isAction } from '../../sdk/actions/defineAction.js';
import { environmentSchema } from '../../platform/config/config.js';
import { settingFieldsOf } from '../../sdk/actions/settings.js';
import { lineOfField, placeOf, type DefinitionProblem } from './place.js';

/** What is wrong with the actions that a config lists. What is wrong within one, `defineAction` has said. */
export function problemsOfActions(
  actions: readonly unknown[],
  listedAt: DefinitionProblem['place'],
): DefinitionProblem[] {
  const problems: DefinitionProblem[] = [];
  const names = new Set<string>();
  const settings = new Map<string, { readonly action: string; readonly kind: string }>();
  actions.forEach((action, n) => {
    if (!isAction(action)) {
      problems.push({ place: listedAt, message: `actions[${n}] is not made by defineAction` });
      return;
    }
    if (action.lane !== undefined && action.answer === 'inline')
      problems.push({
        place: lineOfField(placeOf(action), 'lane'),
        message:
          "an action with answer: 'inline' is answered at once, and cannot wait in a lane: leave one of them out",
      });
    if (![undefined, 'callback', 'inline'].includes(action.answer))
      problems.push({
        place: lineOfField(placeOf(action), 'answer'),
        message: "answer is 'callback' or 'inline'",
      });
    if (action.answer !== 'inline' && action.clients?.some((one) => one !== 'WORKFLOWS'))
      problems.push({
        place: lineOfField(placeOf(action), 'clients'),
        message: "clients has AGENTS, which wait for no callback: the action needs answer: 'inline'",
      });
    problems.push(...problemsOfSettings(action, settings));
    const ours = action.secrets?.find((name) => Object.hasOwn(environmentSchema.shape, name));
    if (ours !== undefined)
      problems.push({
        place: lineOfField(placeOf(action), 'secrets'),
        message: `secrets has ${ours}, which is a setting of Sluice itself: give the secret a name of its own`,
      });
    if (names.has(action.name))
      problems.push({
        place: lineOfField(placeOf(action), 'name'),
        message: `an action ${action.name} is there twice: its name is its URL, so give one of them another`,
      });
    names.add(action.name);
  });
  return problems;
}

/** A field that several actions name is one value of the portal. `known` has those of the actions before. */
function problemsOfSettings(
  action: AnyAction,
  known: Map<string, { readonly action: string; readonly kind: string }>,
): DefinitionProblem[] {
  const fields = action.settings ? settingFieldsOf(action.settings) : [];
  return fields.flatMap(({ name, type, isSecret, values }) => {
    const kind = JSON.stringify([type, isSecret, values]);
    const before = known.get(name);
    known.set(name, before ?? { action: action.name, kind });
    if (before === undefined || before.kind === kind) return [];
    const message = `settings has ${name}, which the action ${before.action} has with another type, other values, or not as a secret alike: actions share the value of a name`;
    return [{ place: lineOfField(placeOf(action), 'settings'), message }];
  });
}
