import { z } from 'zod';

/** What we take from HubSpot's account information. */
const accountSchema = z.object({ timeZone: z.string().refine(isTimeZone) });

/** The account's time zone, where HubSpot names one that this machine knows. */
export function timeZoneOf(body: unknown): string | undefined {
  return accountSchema.safeParse(body).data?.timeZone;
}

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
