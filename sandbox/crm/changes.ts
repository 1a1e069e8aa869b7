import { invalid, invalidProperties, type PropertyProblem } from './errors.js';
import type { CrmRecord } from './record.js';
import type { Changes } from './recordStore.js';
import type { Pipelines } from './pipelines.js';
import type { Schema } from './schema.js';
import { mergeChoices, readValue } from './values.js';

/** The rules of an account's administrators for writes. */
export interface ValidationRules {
  required: readonly string[];
  conditional: readonly { property: string; value: string; requires: readonly string[] }[];
}

export interface WriteContext {
  schema: Schema;
  portalId: number;
  pipelines: Pipelines;
  /** Undefined if they are not enforced. */
  rules: ValidationRules | undefined;
}

/** Properties that HubSpot requires of a new record. */
const ALWAYS_REQUIRED: Readonly<Record<string, readonly string[]>> = {
  tickets: ['hs_pipeline_stage'],
  notes: ['hs_timestamp'],
  tasks: ['hs_timestamp'],
};

/** Checks `properties` of a request against the portal's properties and rules. Throws with all problems at once. */
export function readChanges(
  { schema, portalId, pipelines, rules }: WriteContext,
  sent: unknown,
  record: CrmRecord | undefined,
): Changes {
  if (typeof sent !== 'object' || sent === null || Array.isArray(sent)) {
    throw invalid('Invalid input JSON: some required fields were not set: [properties]');
  }
  const changes: Record<string, string> = {};
  const problems: PropertyProblem[] = [];
  for (const [name, value] of Object.entries(sent)) {
    const property = schema.find(name);
    if (!property) {
      const message = `Property "${name}" does not exist`;
      problems.push({ name, code: 'PROPERTY_DOESNT_EXIST', message });
      continue;
    }
    if (property.modificationMetadata.readOnlyValue) {
      const message = `"${name}" is a read only property; its value cannot be set.`;
      problems.push({ name, code: 'READ_ONLY_VALUE', message });
      continue;
    }
    const read = readValue(property, value);
    if (read.ok) changes[name] = mergeChoices(property, record?.version.properties[name], read.value);
    else problems.push({ name, code: read.code, message: read.message });
  }
  const known = record?.version.properties ?? {};
  problems.push(...pipelines.problemsOf(schema.type, changes, known[pipelines.nameOf(schema.type) ?? '']));
  if (problems.length > 0) throw invalidProperties(problems, portalId);
  const missing = missingFrom({ ...record?.version.properties, ...changes }, schema, rules, !record);
  if (missing.length > 0) throw invalidProperties(missing, portalId);
  return record ? changes : pipelines.withPipeline(schema.type, changes);
}

function missingFrom(
  result: Changes,
  schema: Schema,
  rules: ValidationRules | undefined,
  isNew: boolean,
): PropertyProblem[] {
  const lacks = (name: string) => (result[name] ?? '') === '';
  const required = isNew
    ? [...(ALWAYS_REQUIRED[schema.type.name] ?? schema.type.required ?? []), ...(rules?.required ?? [])]
    : [];
  const conditional = (rules?.conditional ?? []).flatMap(({ property, value, requires }) =>
    result[property] === value
      ? requires.filter(lacks).map((name) => ({
          name,
          code: 'MISSING_CONDITIONAL_REQUIRED_PROPERTY',
          message: `Property "${name}" is required because "${property}" is "${value}"`,
        }))
      : [],
  );
  return [
    ...required.filter(lacks).map((name) => ({
      name,
      code: 'MISSING_REQUIRED_PROPERTY',
      message: `Property "${name}" is required`,
    })),
    ...conditional,
  ];
}
