import { z } from 'zod';

/** The part of HubSpot's account information that is used. */
const accountSchema = z.object({ timeZone: z.string().refine(isTimeZone) });

/** The account's time zone. Undefined where HubSpot names none that this machine knows. */
export function timeZoneOf(body: unknown): string | undefined {
  return accountSchema.safeParse(body).data?.timeZone;
}

/** The account whose information this is. Undefined where HubSpot names none. */
export function portalIdOf(body: unknown): number | undefined {
  return z.object({ portalId: z.number().int().positive() }).safeParse(body).data?.portalId;
}

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
