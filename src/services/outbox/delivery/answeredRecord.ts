import { z } from 'zod';

/* What the answers of batches say, read leniently: HubSpot leaves fields out and adds others. */

const Result = z.object({
  id: z.union([z.string(), z.number()]).transform(String),
  objectWriteTraceId: z.string().optional().catch(undefined),
  createdAt: z.string().optional().catch(undefined),
  properties: z.record(z.string(), z.unknown()).catch({}),
});
export type AnsweredRecord = z.infer<typeof Result>;

const Results = z.object({ results: z.array(z.unknown()) });

/** Whether an answer has a list of records, however short. */
export function showsRecords(body: unknown): boolean {
  return Results.safeParse(body).success;
}

/** The records of an answer; entries that are none are left out. */
export function recordsOf(body: unknown): AnsweredRecord[] {
  const parsed = Results.safeParse(body);
  if (!parsed.success) return [];
  return parsed.data.results.flatMap((entry) => {
    const result = Result.safeParse(entry);
    return result.success ? [result.data] : [];
  });
}

/** The value of a property as text; undefined when it is not set. */
export function textOf(record: AnsweredRecord, property: string): string | undefined {
  const value = record.properties[property];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}
