import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { problemsOfEffects } from '../../domain/outbox/effects.js';
import { tidyEffects } from '../../domain/outbox/tidyEffects.js';
import { inPlainWords } from '../../domain/plainWords.js';
import {
  isEventTypeName,
  NAME_RULE,
  problemsOf,
  type AnyEventType,
} from '../../sdk/outbox/registry/registry.js';
import { placeOfError } from '../../platform/placeInCode.js';
import { wasDefined } from '../../sdk/place.js';
import { lineOfField, placeOf, type DefinitionProblem } from './place.js';

const MAX_VERSION = 32_767;
/** An event that might have come. */
const CONTEXT = { eventId: '1', portalId: '1', occurredAt: '2027-01-01T00:00:00.000Z' };

/** What is wrong with event types that somebody has defined, beside those that are there already. */
export function problemsOfEvents(
  events: readonly unknown[],
  builtIn: readonly AnyEventType[],
  listedAt: DefinitionProblem['place'],
): DefinitionProblem[] {
  const problems: DefinitionProblem[] = [];
  const known = new Map<string, string>(builtIn.map(({ name }) => [name, 'comes with Sluice']));
  events.forEach((event, n) => {
    if (!wasDefined(event)) {
      problems.push({ place: listedAt, message: `events[${n}] is not made by defineEvent` });
      return;
    }
    const place = placeOf(event);
    const found = problemsOfEvent(event);
    problems.push(
      ...found.map(({ field, message, at }) => ({ place: at ?? lineOfField(place, field), message })),
    );
    const { name, version } = event as AnyEventType;
    const said = known.get(name) ?? known.get(`${name} ${version}`);
    if (said !== undefined)
      problems.push({
        place: lineOfField(place, 'name'),
        message: `an event type ${name}${known.has(name) ? '' : `, version ${version},`} ${said}: give this one another name${known.has(name) ? '' : ', or a new version'}`,
      });
    else
      known.set(
        `${name} ${version}`,
        `is defined twice${place ? `, also at line ${place.line} of ${place.file}` : ''}`,
      );
  });
  return problems;
}

interface FieldProblem {
  readonly field: string;
  readonly message: string;
  /** Where its code fails. */
  readonly at?: DefinitionProblem['place'];
}

function problemsOfEvent(event: Partial<AnyEventType>): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const { name, version, description, schema } = event;
  if (typeof name !== 'string' || !isEventTypeName(name))
    problems.push({
      field: 'name',
      message: `${JSON.stringify(name)} cannot be the name of an event type: ${NAME_RULE}`,
    });
  if (!Number.isInteger(version) || version === undefined || version < 1 || version > MAX_VERSION)
    problems.push({ field: 'version', message: `version must be a whole number from 1 to ${MAX_VERSION}` });
  if (typeof description !== 'string' || description.trim() === '')
    problems.push({ field: 'description', message: 'description must be a sentence' });
  for (const field of ['orderingKey', 'effects'] as const)
    if (typeof event[field] !== 'function') problems.push({ field, message: `${field} must be a function` });
  const schemaProblem = problemOfSchema(schema);
  if (schemaProblem !== undefined) problems.push({ field: 'schema', message: schemaProblem });
  return problems.length > 0 ? problems : problemsOfExample(event as AnyEventType);
}

function problemOfSchema(schema: unknown): string | undefined {
  if (!(schema instanceof z.core.$ZodType) || !('safeParse' in schema))
    return "schema must be one of zod 4: `import { z } from 'sluice'`";
  try {
    z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
    return undefined;
  } catch (error) {
    return `schema cannot be described: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** The example goes the way of an event. */
function problemsOfExample(event: AnyEventType): FieldProblem[] {
  try {
    const parsed = event.schema.safeParse(event.example, { error: inPlainWords });
    if (!parsed.success)
      return [{ field: 'example', message: `example does not fit the schema: ${problemsOf(parsed.error)}` }];
    const effects = event.effects(parsed.data, CONTEXT);
    if (!isDeepStrictEqual(effects, event.effects(parsed.data, CONTEXT)))
      return [
        {
          field: 'effects',
          message: 'effects must give the same for the same event: asked again, it gives something else',
        },
      ];
    const key: unknown = event.orderingKey(parsed.data, CONTEXT);
    const problems = problemsOfEffects(tidyEffects(effects)).map((problem) => ({
      field: 'effects',
      message: `effects of the example: ${problem}`,
    }));
    if (key === null || typeof key === 'string') return problems;
    return [...problems, { field: 'orderingKey', message: 'orderingKey must give a text, or null' }];
  } catch (error) {
    const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return [
      { field: 'example', message: `its code fails for its example: ${said}`, at: placeOfError(error) },
    ];
  }
}
