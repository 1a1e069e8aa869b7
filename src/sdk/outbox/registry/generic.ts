import { z } from 'zod';
import { applyMapping, orderingKeyOf } from '../../../domain/outbox/mapping/applyMapping.js';
import { mappingName, mappingSchema, type Mapping } from '../../../domain/outbox/mapping/mappingSchema.js';
import { inPlainWords } from '../../../domain/plainWords.js';
import { defineEvent, EffectsError } from './eventType.js';
import type { EventContext } from './eventType.js';
import { problemsOf } from './registry.js';

/*
 * Events that need no code: their effects stand in a mapping, which is data. The language is in
 * src/domain/outbox/mapping/mappingSchema.ts.
 */

export type ParsedMapping =
  { readonly ok: true; readonly mapping: Mapping } | { readonly ok: false; readonly reason: string };

/** Checks a mapping document; every problem is named with its place: `effects.0.by.value: …`. */
export function parseMapping(document: unknown): ParsedMapping {
  const parsed = mappingSchema.safeParse(document, { error: inPlainWords });
  if (!parsed.success) return { ok: false, reason: problemsOf(parsed.error) };
  const mapping = parsed.data;
  const problem = backward(mapping);
  return problem === undefined ? { ok: true, mapping } : { ok: false, reason: problem };
}

/** Effects may refer to those before them only. */
function backward({ effects }: Mapping): string | undefined {
  for (const [n, each] of effects.entries()) {
    const refs = [
      ...('on' in each ? [each.on] : []),
      ...('from' in each ? [each.from, each.to] : []),
      ...('associations' in each ? (each.associations ?? []).map(({ to }) => to) : []),
    ];
    const wrong = refs.find((one) => 'effect' in one && one.effect >= n);
    if (wrong && 'effect' in wrong)
      return `effects.${n}: it refers to effect ${wrong.effect}, which does not come before it`;
  }
  return undefined;
}

/** The type of all events that are mapped by data: `name` says which mapping. */
export const generic = defineEvent({
  name: 'generic',
  version: 1,
  description:
    'Any other event: its effects stand in the mapping of its name, which is made by the API or the command line.',
  schema: z.object({ name: mappingName, data: z.record(z.string(), z.unknown()) }),
  example: { name: 'invoice_paid', data: { number: 'A-1', customer: { email: 'dana@example.com' } } },
  orderingKey: ({ name, data }, context) => {
    const mapping = context.mapping?.(name);
    return mapping ? orderingKeyOf(mapping, data, context) : null;
  },
  effects: ({ name, data }, context) => {
    const result = applyMapping(mappingOf(name, context), data, context);
    if (!result.ok) throw new EffectsError(`mapping ${name}: ${result.problems.join('; ')}`);
    return result.effects;
  },
});

function mappingOf(name: string, context: EventContext): Mapping {
  const mapping = context.mapping?.(name);
  if (mapping) return mapping;
  throw new EffectsError(
    `there is no mapping "${name}": make one with PUT /api/outbox/mappings/${name}, then redrive`,
  );
}
