import { z } from 'zod';
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
