/**
 * What an application imports to have workflow actions of its own. It reads no environment and opens no connection.
 *
 * ```ts
 * export default defineAction({
 *   name: 'greet',
 *   version: 1,
 *   input: z.object({ name: z.string() }),
 *   output: z.object({ greeting: z.string() }),
 *   labels: { en: { actionName: 'Greet' } },
 *   async run({ input }) {
 *     return { greeting: `Hello, ${input.name}` };
 *   },
 * });
 * ```
 *
 * @module sluice/actions
 */
export { defineAction, ActionDefinitionError } from './defineAction.js';
export { ActionFailed } from './actionFailed.js';
export { HubSpotRefused } from './actionHubSpot.js';
export type { ActionHubSpot, HubSpotRecord } from './actionHubSpot.js';
export { field } from './field.js';
export type {
  Action,
  ActionLabels,
  AnyAction,
  Client,
  Dependency,
  Language,
  Lane,
  Retry,
  RuleConditions,
} from './action.js';
export type { ActionContext, ActionLog, ActionPortal, CallContext, CalledObject } from './actionContext.js';
export type { FieldKind, FieldOption, Options, OptionsPage, OptionsQuery } from './field.js';
