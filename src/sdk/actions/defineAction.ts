import { z } from 'zod';
import { notePlace } from '../place.js';
import type { Action, AnyAction } from './action.js';
import { inputFieldsOf } from './inputFields.js';
import { settingFieldsOf } from './settings.js';

/** A definition that cannot work. The message says which part of which action, and what it must be. */
export class ActionDefinitionError extends TypeError {
  override readonly name = 'ActionDefinitionError';
}

/** What an inline answer may take: HubSpot waits for it. */
const MAX_INLINE_MS = 3000;
const MAX_TIMEOUT_MS = 15 * 60_000;
const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const VARIABLE = /^[A-Z][A-Z0-9_]{0,99}$/;
const MAX_SECRETS = 20;
const MAX_SETTINGS = 50;
const FIELD = /^[a-z][a-zA-Z0-9_]{0,63}$/;

/** Declares an action. Throws an ActionDefinitionError where it cannot work. */
export function defineAction<
  const Name extends string,
  Input extends z.ZodObject,
  Output extends z.ZodObject,
  const SecretName extends string = never,
  Settings extends z.ZodObject = z.ZodObject<Record<never, never>>,
>(
  action: Action<Name, Input, Output, SecretName, Settings>,
): Action<Name, Input, Output, SecretName, Settings> {
  const wrong = problemOf(action);
  if (wrong !== undefined) throw new ActionDefinitionError(`Action "${action.name}": ${wrong}`);
  notePlace(action);
  ACTIONS.add(action);
  return action;
}

const ACTIONS = new WeakSet<object>();

/** Whether it was made by `defineAction` of this very Sluice. */
export function isAction(value: unknown): value is AnyAction {
  return typeof value === 'object' && value !== null && ACTIONS.has(value);
}

function problemOf(action: AnyAction): string | undefined {
  const { name, version, timeoutMs, retry } = action;
  if (!NAME.test(name) || name.length > 50)
    return 'name must be of lower-case letters, digits and hyphens, at most 50, as in "enrich-company"';
  if (!isWhole(version, 1, 32_767)) return 'version must be a whole number from 1';
  if (action.labels.en?.actionName === undefined) return 'labels.en.actionName is missing';
  const most = action.answer === 'inline' ? MAX_INLINE_MS : MAX_TIMEOUT_MS;
  if (timeoutMs !== undefined && !isWhole(timeoutMs, 1, most))
    return `timeoutMs must be a whole number from 1 to ${most}`;
  if (retry?.initialMs !== undefined && !isWhole(retry.initialMs, 1, 3_600_000))
    return 'retry.initialMs must be a whole number from 1 to 3600000';
  if (retry?.giveUpAfterMs !== undefined && !isWhole(retry.giveUpAfterMs, 1, Number.MAX_SAFE_INTEGER))
    return 'retry.giveUpAfterMs must be a whole number from 1';
  return (
    problemOfSecrets(action) ?? problemOfSettings(action) ?? problemOfLane(action) ?? problemOfFields(action)
  );
}

function problemOfSecrets({ secrets = [] }: AnyAction): string | undefined {
  if (!Array.isArray(secrets) || secrets.length > MAX_SECRETS)
    return `secrets must be a list of ${MAX_SECRETS} at most`;
  const odd = (secrets as readonly unknown[]).find(
    (name) => typeof name !== 'string' || !VARIABLE.test(name),
  );
  if (odd === undefined) return undefined;
  return `secrets has ${JSON.stringify(odd)}: it must be the name of a variable of the environment, as in "STRIPE_KEY"`;
}

function problemOfSettings({ settings }: AnyAction): string | undefined {
  if (settings === undefined) return undefined;
  if (!(settings instanceof z.ZodObject)) return 'settings must be a z.object';
  const fields = settingFieldsOf(settings);
  if (fields.length > MAX_SETTINGS) return `settings must have ${MAX_SETTINGS} fields at most`;
  for (const { name, type, isSecret } of fields) {
    if (!FIELD.test(name))
      return `setting "${name}" must begin with a letter and have letters, digits and _ only`;
    if (type === undefined)
      return `setting "${name}" must be a string, number, boolean, enum, date or datetime`;
    if (isSecret && type !== 'string') return `setting "${name}" is secret, and must be a string`;
  }
  return undefined;
}

function problemOfLane({ lane, input }: AnyAction): string | undefined {
  if (lane?.queue !== undefined && !(lane.queue in input.shape))
    return `lane.queue must name a field of input: there is no "${lane.queue}"`;
  if (lane?.rate === undefined) return undefined;
  const { limit, intervalMs } = lane.rate;
  if (!isWhole(limit, 1, 100_000)) return 'lane.rate.limit must be a whole number from 1 to 100000';
  if (!isWhole(intervalMs, 100, 31 * 86_400_000))
    return 'lane.rate.intervalMs must be a whole number from 100 to 31 days';
  return undefined;
}

function problemOfFields(action: AnyAction): string | undefined {
  const inputs = Object.keys(action.input.shape);
  const outputs = Object.keys(action.output.shape);
  const odd = [...inputs, ...outputs].find((name) => !FIELD.test(name));
  if (odd !== undefined) return `field "${odd}" must begin with a letter and have letters, digits and _ only`;
  const ours = outputs.find((name) => /^(sluice|hs)_/.test(name) || name === 'errorCode');
  if (ours !== undefined) return `output "${ours}" has a name that Sluice or HubSpot gives itself`;
  const unknown = inputFieldsOf(action.input).find(({ type }) => type === undefined);
  if (unknown !== undefined)
    return `field "${unknown.name}" must be a string, number, boolean, enum, date, datetime, or one of field.*`;
  for (const { fields, on } of action.depends ?? []) {
    const missing = [...fields, on].find((name) => !inputs.includes(name));
    if (missing !== undefined) return `depends names "${missing}", which is no field of input`;
  }
  for (const [rule, conditions] of Object.entries(action.rules ?? {})) {
    const missing = Object.keys(conditions).find(
      (name) => !outputs.includes(name) && !OWN_OUTPUTS.includes(name),
    );
    if (missing !== undefined) return `rule "${rule}" looks at "${missing}", which is no output`;
  }
  return undefined;
}

/** What every action gives beside its own outputs. */
const OWN_OUTPUTS = ['errorCode', 'sluice_status', 'sluice_reason'];

function isWhole(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}
