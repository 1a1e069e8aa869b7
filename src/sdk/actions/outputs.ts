import type { z } from 'zod';
import { inPlainWords } from '../../domain/plainWords.js';

/** What a handler gave, as HubSpot takes it; or why it is not what its schema says. */
export type CheckedOutputs =
  | { readonly ok: true; readonly outputs: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly reason: string };

/** What a handler gave, as text: HubSpot takes nothing else. What is undefined or null is left out. */
export function checkOutputs(output: z.ZodObject, given: unknown): CheckedOutputs {
  const parsed = output.safeParse(given, { error: inPlainWords });
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return {
      ok: false,
      reason: `output ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is not valid'}`.replace('  ', ' '),
    };
  }
  const outputs: Record<string, string> = {};
  for (const [name, value] of Object.entries(parsed.data))
    if (value !== undefined && value !== null) outputs[name] = textOf(value);
  return { ok: true, outputs };
}

function textOf(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'string' ? value : JSON.stringify(value);
}
