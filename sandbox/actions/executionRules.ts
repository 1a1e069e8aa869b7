import type { Definition } from './definitionInput.js';

/**
 * What the workflow's log says of an execution: the label of the first rule whose outputs are all as it wants them,
 * with outputs in the place of their names. Null: no rule fits.
 */
export function ruleMessage(
  definition: Definition | undefined,
  outputs: Readonly<Record<string, string>>,
): string | null {
  const fitting = definition?.executionRules?.find(({ conditions }) =>
    Object.entries(conditions).every(([name, wanted]) => [wanted].flat().includes(outputs[name] ?? '')),
  );
  const label = fitting && definition?.labels.en?.executionRules?.[fitting.labelName];
  return label?.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, name: string) => outputs[name] ?? '') ?? null;
}
