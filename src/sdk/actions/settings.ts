import { z } from 'zod';
import type { ActionsByName, AnyAction } from './action.js';
import { withoutWrapping } from './field.js';
import { inputFieldsOf, parseInput, valueOfField, type FieldType, type ParsedInput } from './inputFields.js';

/** Values of a portal, by the names of their fields. */
export type SettingValues = Readonly<Record<string, unknown>>;

/** A field that a portal may have a value of. */
export interface SettingField {
  readonly name: string;
  /** Undefined: such values cannot be kept. */
  readonly type: FieldType | undefined;
  /** Whether an action does nothing without it. */
  readonly isRequired: boolean;
  /** Its value is never shown again. */
  readonly isSecret: boolean;
  /** What may be chosen, of an enum. */
  readonly values: readonly string[];
  /** What `describe` or `meta` says of it. */
  readonly description: string | undefined;
}

/** One of a portal, with the actions that have it. */
export interface PortalSettingField extends SettingField {
  readonly actions: readonly string[];
}

/** The fields of a schema of settings, in its order. */
export function settingFieldsOf(settings: z.ZodObject): SettingField[] {
  return inputFieldsOf(settings).map(({ name, type, isRequired, values }) => {
    const wrapped = settings.shape[name] as z.ZodType;
    const meta = { ...(withoutWrapping(wrapped).schema as z.ZodType).meta(), ...wrapped.meta() };
    return { name, type, isRequired, values, isSecret: isSecret(wrapped), description: meta.description };
  });
}

/** `meta({ secret: true })`, of the field or of what `optional` and the like are around. */
function isSecret(schema: z.ZodType): boolean {
  const { innerType, in: piped } = schema._zod.def as { innerType?: z.ZodType; in?: z.ZodType };
  const within = innerType ?? piped;
  return Boolean(schema.meta()?.['secret']) || (within !== undefined && isSecret(within));
}

/** The fields that a portal may have values of: those of all actions, one for each name. */
export function portalSettingFields(actions: ActionsByName): PortalSettingField[] {
  const byName = new Map<string, PortalSettingField>();
  for (const { name: action, settings } of actions.values())
    for (const field of settings ? settingFieldsOf(settings) : []) {
      const known = byName.get(field.name);
      byName.set(field.name, {
        ...(known ?? field),
        isRequired: field.isRequired || (known?.isRequired ?? false),
        isSecret: field.isSecret || (known?.isSecret ?? false),
        description: known?.description ?? field.description,
        actions: [...(known?.actions ?? []), action],
      });
    }
  return [...byName.values()];
}

/** A value as it is kept, of what somebody gave for a field; or what the schemas that have the field say against it. */
export function parseSetting(
  actions: ActionsByName,
  { name, type }: SettingField,
  given: unknown,
): { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly reason: string } {
  const value = type === undefined ? given : valueOfField(type, given);
  for (const { settings } of actions.values()) {
    const schema = settings?.shape[name] as z.ZodType | undefined;
    if (schema === undefined) continue;
    const parsed = parseInput(z.object({ [name]: schema }), { [name]: value });
    if (!parsed.ok) return { ok: false, reason: parsed.reason };
  }
  return { ok: true, value };
}

/** What the handler of an action gets of the values of a portal. */
export function settingsFor({ settings }: Pick<AnyAction, 'settings'>, values: SettingValues): ParsedInput {
  return settings ? parseInput(settings, values) : { ok: true, input: {} };
}
