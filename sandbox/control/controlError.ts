import type { z } from 'zod';

/** A refusal of the control API, with what would be right. The router answers it. */
export class ControlError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly details: Record<string, unknown> = {},
  ) {
    super(message);
  }
}

export function read<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => ({
    path: [where, ...issue.path.map(String)].join('.'),
    message: issue.message,
  }));
  throw new ControlError(400, problems.map((p) => `${p.path}: ${p.message}`).join('; '), { problems });
}
