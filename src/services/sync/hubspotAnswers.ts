import { z } from 'zod';
import type { SeenRecord } from '../../domain/crm/mirroredRecord.js';
import { SyncRefused } from './syncRefused.js';

export const idSchema = z.string().refine((text) => /^[1-9]\d{0,18}$/.test(text) && BigInt(text) < 2n ** 63n);

/** What HubSpot answered, in the form that is expected. Throws where it has another one. */
export function understood<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw unclear();
  return parsed.data;
}

export const unclear = () =>
  new SyncRefused('HubSpot answered what is not understood; it is asked again', { errorClass: 'unclear' });

export const timeSchema = z.iso.datetime({ offset: true });
export const recordSchema = z.object({
  id: idSchema,
  properties: z.record(z.string(), z.string().nullish()),
  createdAt: timeSchema,
  updatedAt: timeSchema,
  archived: z.boolean().optional(),
  archivedAt: timeSchema.optional(),
});
/** A record, as HubSpot writes it in lists and reads. */
export type RecordShown = z.output<typeof recordSchema>;

export function seen({ id, properties, createdAt, updatedAt }: RecordShown): SeenRecord {
  return { id, properties, createdAt, modifiedAt: updatedAt };
}
