import { z } from 'zod';

/*
 * A backup is a gzipped text. Each of its lines is JSON, or a row as COPY writes it: the rows of a table follow the
 * line that names it, and end with `\.`, which no row can be. The last line says how many rows there are, so that a
 * file that was cut short is told apart.
 */

export const END_OF_ROWS = '\\.';
export const FORMAT = 'sluice backup 1';

export const headerSchema = z.object({
  format: z.literal(FORMAT),
  madeAt: z.string(),
  /** Of the tables. */
  schema: z.string(),
});

export const partSchema = z.union([
  z.object({ table: z.string(), columns: z.array(z.string()) }),
  z.object({ sequence: z.string(), value: z.string(), isCalled: z.boolean() }),
  z.object({ end: z.object({ tables: z.number(), rows: z.number() }) }),
]);

export type Header = z.infer<typeof headerSchema>;
export type Part = z.infer<typeof partSchema>;
export type BackupSize = Extract<Part, { end: unknown }>['end'];
