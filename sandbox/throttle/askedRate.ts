const UNITS_MS: Readonly<Record<string, number>> = {
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
};

/** The rate that a step's fields ask for, as the action's form has them; undefined where they say none. */
export function askedRate(
  fields: Readonly<Record<string, string>>,
): { limit: number; intervalMs: number } | undefined {
  const limit = Number(fields.max_throughput);
  const time = Number(fields.time ?? 1);
  const unitMs = UNITS_MS[(fields.period ?? '').trim().toLowerCase().replace(/s$/, '')];
  if (!(limit > 0) || !(time > 0) || unitMs === undefined) return undefined;
  return { limit, intervalMs: time * unitMs };
}
