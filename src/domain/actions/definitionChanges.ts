import type { FieldTypeDefinition, HubSpotDefinition, HubSpotInputField } from './hubspotDefinition.js';

/** What is otherwise in a definition than in the one that HubSpot has. */
export interface DefinitionChange {
  /** Such as `input name` or `labels.en.actionName`. */
  readonly at: string;
  /** Says what of it is otherwise. */
  readonly what: string;
  /**
   * Steps that were made before go on with what they have: a field that is gone is filled in no more, and a branch on
   * an output that is gone is never taken.
   */
  readonly isBreaking: boolean;
}

/** What would change at HubSpot. None: it has the same, but for what means nothing. */
export function definitionChanges(from: HubSpotDefinition, to: HubSpotDefinition): DefinitionChange[] {
  return [
    ...changed('actionUrl', from.actionUrl, to.actionUrl),
    ...changed('published', from.published, to.published),
    ...objectTypeChanges(from.objectTypes, to.objectTypes),
    ...fieldChanges('input', from.inputFields, to.inputFields, inputChanges),
    ...fieldChanges('output', from.outputFields, to.outputFields, () => []),
    ...orderChanges(from.inputFields, to.inputFields),
    ...changed('depends', from.inputFieldDependencies, to.inputFieldDependencies, 'the dependencies have'),
    ...changed('rules', from.executionRules, to.executionRules, 'the execution rules have'),
    ...changed(
      'needs',
      [...(from.objectRequestOptions?.properties ?? [])].sort(),
      [...(to.objectRequestOptions?.properties ?? [])].sort(),
      'the properties that come with a call have',
    ),
    ...labelChanges(from, to),
  ];
}

type Field = Pick<HubSpotInputField, 'typeDefinition'>;

/** Of the fields that both have: what came and what went is said of each. */
function orderChanges(from: readonly Field[], to: readonly Field[]): DefinitionChange[] {
  const before = from.map(({ typeDefinition: { name } }) => name);
  const after = to.map(({ typeDefinition: { name } }) => name);
  const common = [
    before.filter((name) => after.includes(name)),
    after.filter((name) => before.includes(name)),
  ];
  return changed('input', common[0], common[1], 'the order of the fields has');
}

function objectTypeChanges(from: readonly string[], to: readonly string[]): DefinitionChange[] {
  const gone = to.length === 0 ? [] : from.filter((type) => !to.includes(type));
  const isNarrower = gone.length > 0 || (from.length === 0 && to.length > 0);
  return changed('objectTypes', [...from].sort(), [...to].sort()).map((one) => ({
    ...one,
    isBreaking: isNarrower,
  }));
}

function fieldChanges<One extends Field>(
  kind: 'input' | 'output',
  from: readonly One[],
  to: readonly One[],
  more: (at: string, before: One, after: One) => DefinitionChange[],
): DefinitionChange[] {
  const known = new Map(from.map((field) => [field.typeDefinition.name, field]));
  const meant = new Map(to.map((field) => [field.typeDefinition.name, field]));
  const gone = [...known.keys()].filter((name) => !meant.has(name));
  return [
    ...gone.map((name) => breaking(`${kind} ${name}`, 'is removed')),
    ...[...meant].flatMap(([name, after]) => {
      const at = `${kind} ${name}`;
      const before = known.get(name);
      if (before)
        return [...typeChanges(at, before.typeDefinition, after.typeDefinition), ...more(at, before, after)];
      const isRequired = 'isRequired' in after && after.isRequired === true;
      return [{ at, what: isRequired ? 'is new, and required' : 'is new', isBreaking: isRequired }];
    }),
  ];
}

function typeChanges(at: string, from: FieldTypeDefinition, to: FieldTypeDefinition): DefinitionChange[] {
  if (from.type !== to.type) return [breaking(at, `is ${to.type} and no longer ${from.type}`)];
  const gone = from.options.filter(({ value }) => !to.options.some((option) => option.value === value));
  const isFetched = to.optionsUrl !== undefined;
  return [
    ...(isFetched ? [] : gone.map(({ value }) => breaking(at, `has the option ${value} no more`))),
    ...changed(at, optionsOf(from), optionsOf(to), 'the options have'),
    ...changed(at, from.fieldType, to.fieldType, 'how it is shown has'),
    ...changed(at, from.optionsUrl, to.optionsUrl, 'where its options are fetched has'),
    ...changed(at, from.referencedObjectType, to.referencedObjectType, 'what it refers to has'),
  ];
}

const optionsOf = ({ options }: FieldTypeDefinition) =>
  options.map(({ value, label, description }) => ({ value, label, description }));

function inputChanges(at: string, from: HubSpotInputField, to: HubSpotInputField): DefinitionChange[] {
  const required =
    from.isRequired === to.isRequired
      ? []
      : [{ at, what: to.isRequired ? 'is required now' : 'may be left out now', isBreaking: to.isRequired }];
  const gone = from.supportedValueTypes.filter((type) => !to.supportedValueTypes.includes(type));
  return [
    ...required,
    ...gone.map((type) => breaking(at, `takes ${type} no more`)),
    ...(gone.length > 0
      ? []
      : changed(
          at,
          [...from.supportedValueTypes].sort(),
          [...to.supportedValueTypes].sort(),
          'what it takes has',
        )),
  ];
}

function labelChanges(from: HubSpotDefinition, to: HubSpotDefinition): DefinitionChange[] {
  const languages = [...new Set([...Object.keys(from.labels), ...Object.keys(to.labels)])].sort();
  return languages.flatMap((language) => {
    const before = flat(from.labels[language] ?? {});
    const after = flat(to.labels[language] ?? {});
    const names = [...new Set([...before.keys(), ...after.keys()])].sort();
    return names.flatMap((name) => changed(`labels.${language}.${name}`, before.get(name), after.get(name)));
  });
}

/** `inputFieldLabels.name`, by what people read there. */
function flat(labels: object): Map<string, string> {
  return new Map(
    Object.entries(labels).flatMap(([name, text]: [string, unknown]): [string, string][] => {
      if (typeof text === 'string') return [[name, text]];
      if (typeof text !== 'object' || text === null) return [];
      return Object.entries(text).map(([field, words]) => [`${name}.${field}`, said(words)]);
    }),
  );
}

function changed(at: string, from: unknown, to: unknown, what?: string): DefinitionChange[] {
  if (said(from) === said(to)) return [];
  return [
    { at, what: what === undefined ? `${said(from)} → ${said(to)}` : `${what} changed`, isBreaking: false },
  ];
}

const breaking = (at: string, what: string): DefinitionChange => ({ at, what, isBreaking: true });

/** The same text for the same value, in whatever order its fields stand. */
function said(value: unknown): string {
  if (value === undefined) return 'nothing';
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
