import { z } from 'zod';
import type { ActionsByName } from '../../sdk/actions/action.js';
import { portalSettingFields, settingsFor } from '../../sdk/actions/settings.js';
import type { OpenedSettings } from '../../services/actions/portalSettings.js';
import { portalId, time } from '../http/answers.js';
import { entityTag } from '../http/entityTag.js';

const VALUE = z.union([z.string(), z.number(), z.boolean()]);

/** What a portal has set, without what is secret. */
export const portalSettingsSchema = z
  .strictObject({
    portalId,
    version: z.number().int().meta({ description: 'Grows with each change; 0: nothing is set' }),
    updatedAt: time.nullable(),
    fields: z.array(
      z.strictObject({
        name: z.string(),
        type: z.enum(['string', 'number', 'boolean', 'enum', 'date', 'datetime']).nullable(),
        isRequired: z.boolean(),
        isSecret: z.boolean(),
        values: z.array(z.string()).meta({ description: 'What may be chosen, of an enum' }),
        description: z.string().nullable(),
        actions: z.array(z.string()).meta({ description: 'The actions that get it' }),
        isSet: z.boolean(),
        value: VALUE.nullable().meta({ description: 'Null: it is not set, or secret' }),
      }),
    ),
    waiting: z
      .array(z.strictObject({ action: z.string(), reason: z.string() }))
      .meta({ description: 'Actions whose runs wait, and for what' }),
  })
  .meta({ id: 'ActionSettings' });

export const EXAMPLE_PORTAL_SETTINGS = {
  portalId: 41_000_009,
  version: 2,
  updatedAt: '2027-01-01T09:30:00.000Z',
  fields: [
    {
      ...{ name: 'apiKey', type: 'string', isRequired: true, isSecret: true, values: [] },
      ...{ description: 'The key of the account at the partner', actions: ['charge'] },
      ...{ isSet: true, value: null },
    },
    {
      ...{ name: 'region', type: 'enum', isRequired: true, isSecret: false, values: ['eu', 'us'] },
      ...{ description: null, actions: ['charge', 'refund'], isSet: true, value: 'eu' },
    },
  ],
  waiting: [],
};

export function portalSettingsAnswer(actions: ActionsByName, portalId: number, opened: OpenedSettings) {
  const { values, version, updatedAt } = opened;
  const fields = portalSettingFields(actions).map(({ type, description, actions: having, ...field }) => {
    const value = Object.hasOwn(values, field.name) ? values[field.name] : undefined;
    return {
      ...{ ...field, values: [...field.values], actions: [...having] },
      ...{ type: type ?? null, description: description ?? null, isSet: value !== undefined },
      value: field.isSecret ? null : ((value ?? null) as z.infer<typeof VALUE> | null),
    };
  });
  const waiting = [...actions.values()].flatMap((action) => {
    const set = settingsFor(action, values);
    return set.ok ? [] : [{ action: action.name, reason: set.reason }];
  });
  return { portalId, version, updatedAt, fields, waiting };
}

/** The tag of what a portal has set. */
export const portalSettingsTag = ({ version, updatedAt }: Pick<OpenedSettings, 'version' | 'updatedAt'>) =>
  entityTag({ version, updatedAt });
