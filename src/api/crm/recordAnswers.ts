import { z } from 'zod';
import type { StoredRecord } from '../../db/crm/records.js';
import { valuesOf } from '../../domain/crm/mirroredRecord.js';
import { isObjectType } from '../../domain/crm/objectType.js';
import { time } from '../http/answers.js';

export const objectTypeSchema = z
  .string()
  .refine(
    isObjectType,
    'must be contacts, companies, deals, tickets, or the id of a custom object such as 2-3465404',
  )
  .meta({
    id: 'ObjectType',
    description: "`contacts`, `companies`, `deals`, `tickets`, or HubSpot's id of a custom object",
    example: 'contacts',
    pattern: '^(contacts|companies|deals|tickets|2-[1-9][0-9]{0,14})$',
  });

export const recordIdSchema = z
  .string()
  .refine((text) => /^[1-9]\d{0,18}$/.test(text) && BigInt(text) < 2n ** 63n, 'must be the id of a record')
  .meta({
    id: 'RecordId',
    description: "HubSpot's id of a record",
    example: '51',
    pattern: '^[1-9][0-9]{0,18}$',
  });

export const recordSchema = z
  .strictObject({
    id: recordIdSchema,
    properties: z
      .record(z.string(), z.string())
      .meta({ description: "HubSpot's own text of each value; a property without a value is left out" }),
    createdAt: time,
    modifiedAt: time,
    readAt: time.meta({ description: 'When HubSpot showed it so' }),
    version: z.number().int().meta({ description: 'Grows with each time that the mirror was given it anew' }),
    associations: z
      .record(
        z.string(),
        z.strictObject({
          items: z.array(
            z.strictObject({
              id: recordIdSchema,
              types: z.array(
                z.strictObject({
                  category: z.string(),
                  typeId: z.number().int(),
                  label: z.string().nullable(),
                }),
              ),
            }),
          ),
          more: z.boolean().meta({ description: 'It has more than these' }),
        }),
      )
      .optional()
      .meta({ description: 'By type, where they were asked for' }),
  })
  .meta({ id: 'CrmRecord' });

export const EXAMPLE_RECORD = {
  id: '51',
  properties: { email: 'ada@example.com', firstname: 'Ada' },
  createdAt: '2026-11-02T10:00:00.000Z',
  modifiedAt: '2027-01-01T09:29:00.000Z',
  readAt: '2027-01-01T09:30:00.000Z',
  version: 2,
};

export function recordAnswer({ id, properties, createdAt, modifiedAt, readAt, version }: StoredRecord) {
  return { id, properties: valuesOf(properties), createdAt, modifiedAt, readAt, version };
}
