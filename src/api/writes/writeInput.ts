import { z } from 'zod';
import { textOfNumber } from '../../domain/decimal.js';
import { ExactNumber } from '../../domain/exactJson.js';
import type { UniqueValue } from '../../domain/outbox/effects.js';
import { EMAIL } from '../../domain/outbox/address.js';
import { invalidInput } from '../http/input.js';

/** HubSpot's longest text. */
const LONGEST = 65_536;
const MOST_PROPERTIES = 1000;
const LONGEST_KEY = 500;

const NAME = /^[a-z][a-z0-9_]{0,99}$/;
const NUL = String.fromCharCode(0);

export const propertyNameSchema = z
  .string()
  .regex(NAME, 'must be the internal name of a property, such as firstname');

const text = z
  .string()
  .max(LONGEST)
  .refine((value) => !value.includes(NUL), 'must not contain a null character');

/** HubSpot's values are text; null and an empty text clear one. */
const valueSchema = z
  .union(
    [
      text,
      z.number(),
      z.boolean(),
      z.instanceof(ExactNumber).meta({ override: { type: 'number' } }),
      z.null(),
    ],
    {
      error: 'must be a text, a number, true, false or null',
    },
  )
  .transform((value) => {
    if (value === null) return null;
    return typeof value === 'number' ? textOfNumber(value) : String(value);
  });

export const propertiesSchema = z
  .record(propertyNameSchema, valueSchema)
  .refine((given) => Object.keys(given).length <= MOST_PROPERTIES, `must be at most ${MOST_PROPERTIES}`)
  .meta({
    description: 'By internal names. Null, or an empty text, clears one',
    example: { firstname: 'Ada' },
    override: {
      type: 'object',
      maxProperties: MOST_PROPERTIES,
      propertyNames: { pattern: NAME.source },
      additionalProperties: {
        anyOf: [
          { type: 'string', maxLength: LONGEST },
          { type: 'number' },
          { type: 'boolean' },
          { type: 'null' },
        ],
      },
    },
  });

export const keySchema = z
  .string()
  .trim()
  .min(1)
  .max(LONGEST_KEY)
  .refine((value) => !value.includes(NUL), 'must not contain a null character');

/** The value that names a record, out of what is written to it. */
export function keyIn(
  idProperty: string,
  properties: Readonly<Record<string, string | null>>,
  path: string,
): UniqueValue {
  const value = properties[idProperty]?.trim() ?? '';
  if (value !== '' && value.length <= LONGEST_KEY) return { property: idProperty, value };
  throw invalidInput([
    { path: `${path}properties.${idProperty}`, message: 'must have the value by which the record is found' },
  ]);
}

/** By which HubSpot knows that a record of this type is there already. */
export function ownKey(
  objectType: string,
  properties: Readonly<Record<string, string | null>>,
): UniqueValue | undefined {
  const email = objectType === 'contacts' ? (properties[EMAIL]?.trim() ?? '') : '';
  return email === '' ? undefined : { property: EMAIL, value: email };
}
