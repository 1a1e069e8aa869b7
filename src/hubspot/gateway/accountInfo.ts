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

const dailyUsageSchema = z.object({
  results: z.array(
    z.object({
      usageLimit: z.number().int().positive().max(2_147_483_647),
      currentUsage: z.number().int().min(0).max(2_147_483_647),
      resetsAt: z.iso.datetime({ offset: true }),
    }),
  ),
});

/** The limit of the day of which most is used. Undefined where HubSpot tells of none. */
export function dayLimitOf(body: unknown): { limit: number; used: number; endsAt: Date } | undefined {
  const [most] = (dailyUsageSchema.safeParse(body).data?.results ?? []).sort(
    (a, b) => b.currentUsage / b.usageLimit - a.currentUsage / a.usageLimit,
  );
  return most && { limit: most.usageLimit, used: most.currentUsage, endsAt: new Date(most.resetsAt) };
}

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
