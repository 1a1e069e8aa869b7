import { z } from 'zod';

/** What users define themselves. */
export const definitionsSchema = {
  SLUICE_CONFIG: z.string().min(1).optional(),
};
