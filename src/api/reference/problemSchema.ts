import { z } from 'zod';
import { incompleteSchema } from '../http/incomplete.js';
import { ERROR_CLASSES, ERRORS, type ErrorCode } from '../../platform/errors.js';

const CODES = Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]];

/** How every error is answered: RFC 9457, `application/problem+json`. */
export const problemSchema = z
  .strictObject({
    type: z.enum(CODES.map((code) => `urn:sluice:${code}` as const)),
    title: z.string(),
    status: z.number().int(),
    class: z
      .enum(ERROR_CLASSES)
      .meta({ description: 'Its kind, by which a caller decides: the client throws errors of these names' }),
    detail: z.string().meta({ description: 'What happened, and what to do' }),
    errors: z
      .array(
        z
          .strictObject({
            path: z.string().meta({ description: 'Of the field: `rate.limit`' }),
            message: z.string(),
          })
          .meta({ id: 'FieldProblem' }),
      )
      .optional()
      .meta({ description: 'What is wrong with the input, 20 problems at most' }),
    omittedErrors: z.number().int().optional().meta({ description: 'How many problems more were found' }),
    registration: incompleteSchema.optional().meta({
      description: 'Of a registration of which not all was written: what is there, and what is not',
    }),
    requestId: z.string().optional().meta({ description: 'Under which the log has the reason' }),
  })
  .meta({ id: 'Problem' });
