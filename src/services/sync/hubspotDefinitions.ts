import { z } from 'zod';
import type { PropertyDefinition } from '../../domain/crm/propertyDefinition.js';
import { storeText } from '../../domain/crm/storedText.js';
import type { Priority } from '../../domain/hubspot/priorities.js';
import type { Gateway } from '../../hubspot/gateway/gateway.js';
import { refusedBy, SyncRefused } from './syncRefused.js';

const DEADLINE_MS = 20_000;
const SENSITIVITIES = ['non_sensitive', 'sensitive', 'highly_sensitive'] as const;

const text = z.string().transform(storeText);
const definitionSchema = z.object({
  name: text.refine((name) => name !== ''),
  label: text.nullish(),
  type: text,
  fieldType: text,
  options: z.array(z.object({ value: text, label: text.nullish() })).nullish(),
  calculated: z.boolean().nullish(),
  calculationFormula: z.string().nullish(),
  dataSensitivity: text.nullish(),
  archived: z.boolean().nullish(),
});
const answerSchema = z.object({ results: z.array(definitionSchema) });

interface Asked {
  readonly portalId: number;
  readonly objectType: string;
  readonly priority: Priority;
  /** That the portal has granted, as far as they are known. */
  readonly scopes: readonly string[];
  readonly deadlineMs?: number;
}

/**
 * What a portal says of the properties of a type; those that are sensitive, too, as far as it has granted their scopes.
 * Rejects with SyncRefused.
 */
export async function readDefinitions(
  gateway: Pick<Gateway, 'request'>,
  { portalId, objectType, priority, scopes, deadlineMs = DEADLINE_MS }: Asked,
): Promise<PropertyDefinition[]> {
  const found = new Map<string, PropertyDefinition>();
  for (const dataSensitivity of SENSITIVITIES.filter((one) => isGranted(one, scopes))) {
    const outcome = await gateway.request({
      ...{ resource: 'listProperties', params: { objectType }, portalId, priority },
      query: { archived: false, ...(dataSensitivity !== 'non_sensitive' && { dataSensitivity }) },
      deadlineMs,
    });
    // What a scope says that is not what HubSpot grants by it costs the values of its properties, and no others.
    if (outcome.kind === 'forbidden' && dataSensitivity !== 'non_sensitive') continue;
    if (outcome.kind !== 'ok') throw refusedBy(outcome, objectType);
    const answer = answerSchema.safeParse(outcome.body);
    if (!answer.success || (answer.data.results.length === 0 && dataSensitivity === 'non_sensitive'))
      throw new SyncRefused('HubSpot answered what is not understood; it is asked again', {
        errorClass: 'unclear',
      });
    for (const one of answer.data.results)
      if (one.archived !== true) found.set(one.name, definitionOf(one, dataSensitivity));
  }
  return [...found.values()];
}

/** Named `crm.objects.contacts.sensitive.read.v2`, `tickets.highly_sensitive.v2` and so on (docs/hubspot.md). */
function isGranted(sensitivity: (typeof SENSITIVITIES)[number], scopes: readonly string[]): boolean {
  return sensitivity === 'non_sensitive' || scopes.some((scope) => scope.split('.').includes(sensitivity));
}

function definitionOf(one: z.output<typeof definitionSchema>, dataSensitivity: string): PropertyDefinition {
  const { name, type, fieldType } = one;
  return {
    ...{ name, type, fieldType, label: one.label ?? name },
    options: (one.options ?? []).map(({ value, label }) => ({ value, label: label ?? value })),
    // HubSpot sets `calculated` for its own properties alone; those of people show it by their field.
    calculated:
      one.calculated === true ||
      fieldType.startsWith('calculation_') ||
      (one.calculationFormula ?? '') !== '',
    dataSensitivity: one.dataSensitivity ?? dataSensitivity,
  };
}
