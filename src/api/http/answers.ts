import { z } from 'zod';

/*
 * What answers are made of. A Date is written as ISO 8601 in UTC; what may be missing is null, never left out, unless
 * its schema says so.
 */

export const portalId = z
  .number()
  .int()
  .meta({ id: 'PortalId', description: "HubSpot's number of a portal", example: 41_000_009 });

export const time = z.iso
  .datetime()
  .meta({ id: 'Time', description: 'A moment, in UTC', example: '2027-01-01T09:30:00.000Z' });

export const milliseconds = z.number().int().min(0);

/** A page of a list. */
export function pageOf<Item extends z.ZodType, Cursor extends z.ZodType = z.ZodString>(
  item: Item,
  cursor?: Cursor,
) {
  return z.strictObject({
    items: z.array(item),
    next: (cursor ?? z.string())
      .nullable()
      .meta({ description: '`after` of the next page; null: this was the last' }),
  });
}
