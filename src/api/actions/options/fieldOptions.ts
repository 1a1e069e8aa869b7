import type { ActionsByName } from '../../../sdk/actions/action.js';
import { inputFieldsOf } from '../../../sdk/actions/inputFields.js';
import type { NoOptions, OptionsSource } from './optionsSource.js';

/**
 * The drop-down of an action of one's own. A step keeps the definition with which it was made: one whose options were
 * fetched then gets those that are a list by now.
 */
export function fieldOptions(actions: ActionsByName, name: string, field: string): OptionsSource | NoOptions {
  const action = actions.get(name);
  if (!action) return { message: 'There is no such action here (sluice.config.ts)' };
  const kind = inputFieldsOf(action.input).find((one) => one.name === field)?.kind;
  if (kind?.kind !== 'select') return { message: 'The action has no such field with options' };
  const { options } = kind;
  return {
    ...{ action: name, version: action.version, field },
    page:
      typeof options === 'function'
        ? ({ workspaceId: _ours, ...query }) => options(query)
        : () => ({ options }),
  };
}
