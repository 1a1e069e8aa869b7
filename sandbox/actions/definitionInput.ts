import { z } from 'zod';

/*
 * A definition as HubSpot takes one (docs/hubspot.md#custom-workflow-actions). What its description requires is
 * required, and what a definition names has to be there. How many fields it may have is not documented: the bound is
 * the sandbox's own.
 */

const MAX_FIELDS = 50;
const MAX_OPTIONS = 1000;

const name = z
  .string()
  .regex(/^[a-z]\w{0,254}$/i, 'must begin with a letter and have letters, digits and _ only');
const option = z.object({
  value: z.string(),
  label: z.string(),
  description: z.string().nullish(),
  displayOrder: z.int().nullish(),
});
const FIELD_TYPES = [
  ...['booleancheckbox', 'calculation_equation', 'checkbox', 'date', 'file', 'html', 'number', 'phonenumber'],
  ...['radio', 'select', 'text', 'textarea'],
];
const TYPES = [
  ...[
    'bool',
    'date',
    'datetime',
    'enumeration',
    'json',
    'number',
    'object_coordinates',
    'phone_number',
    'string',
  ],
];
export const typeDefinition = z.object({
  name,
  type: z.enum(TYPES),
  fieldType: z.enum(FIELD_TYPES).nullish(),
  options: z.array(option).max(MAX_OPTIONS),
  optionsUrl: z.string().nullish(),
  referencedObjectType: z.enum(['OWNER']).nullish(),
  label: z.string().nullish(),
  description: z.string().nullish(),
  helpText: z.string().nullish(),
});
const inputField = z.object({
  typeDefinition,
  supportedValueTypes: z.array(z.enum(['STATIC_VALUE', 'OBJECT_PROPERTY'])).optional(),
  isRequired: z.boolean(),
});
const outputField = z.object({ typeDefinition });
const texts = z.record(z.string(), z.string());
const labels = z.object({
  ...{ actionName: z.string().min(1), actionDescription: z.string().optional() },
  ...{ actionCardContent: z.string().optional(), appDisplayName: z.string().optional() },
  ...{ inputFieldLabels: texts.optional(), inputFieldDescriptions: texts.optional() },
  ...{ outputFieldLabels: texts.optional(), executionRules: texts.optional() },
  inputFieldOptionLabels: z.record(z.string(), texts).optional(),
});
const LANGUAGES = ['en', 'fr', 'de', 'ja', 'es', 'pt-br', 'nl'];
const dependency = z.discriminatedUnion('dependencyType', [
  z.object({
    dependencyType: z.literal('SINGLE_FIELD'),
    controllingFieldName: z.string(),
    dependentFieldNames: z.array(z.string()).min(1),
  }),
  z.object({
    dependencyType: z.literal('CONDITIONAL_SINGLE_FIELD'),
    controllingFieldName: z.string(),
    controllingFieldValue: z.string(),
    dependentFieldNames: z.array(z.string()).min(1),
  }),
]);
const rule = z.object({
  labelName: z.string().min(1),
  conditions: z.record(z.string(), z.union([z.string(), z.array(z.string()).min(1)])),
});

const fields = {
  actionUrl: z.string().refine(isCallable, 'must be an https URL'),
  published: z.boolean(),
  objectTypes: z.array(z.string().regex(/^([A-Z][A-Z_]*|\d+-\d+)$/, 'is no type of objects')),
  inputFields: z.array(inputField).max(MAX_FIELDS),
  outputFields: z.array(outputField).max(MAX_FIELDS).optional(),
  executionRules: z.array(rule).optional(),
  inputFieldDependencies: z.array(dependency).optional(),
  objectRequestOptions: z.object({ properties: z.array(z.string().min(1)) }).optional(),
  labels: z.partialRecord(z.enum(LANGUAGES), labels),
};

/** Runs of HubSpot's own functions are not simulated, so a definition with any is refused. */
export const definitionEgg = z.object({
  ...fields,
  functions: z.array(z.unknown()).max(0, 'functions are not supported'),
});
export const definitionPatch = z.object(fields).partial();

export const wholeDefinition = z.object(fields);
/** A definition, without what HubSpot adds. */
export type Definition = z.infer<typeof wholeDefinition>;

/** What a definition names and does not have. */
export function inconsistencies(definition: Definition): string[] {
  const {
    inputFields,
    outputFields = [],
    executionRules = [],
    inputFieldDependencies = [],
    labels,
  } = definition;
  const inputs = inputFields.map((field) => field.typeDefinition);
  const outputs = outputFields.map((field) => field.typeDefinition);
  const names = (of: readonly { name: string }[]) => new Set(of.map((one) => one.name));
  const [known, given] = [names(inputs), names(outputs)];
  const english = labels['en'];
  if (!english) return ['labels.en is required'];
  return [
    ...twice(inputs).map((double) => `inputFields: ${double} is there twice`),
    ...twice(outputs).map((double) => `outputFields: ${double} is there twice`),
    ...inputs.flatMap(problemOfChoice),
    ...inputs
      .filter((field) => english.inputFieldLabels?.[field.name] === undefined)
      .map((field) => `labels.en.inputFieldLabels: ${field.name} has none`),
    ...Object.entries(labels).flatMap(([language, of = english]) => [
      ...unknown(of.inputFieldLabels, known).map(
        (one) => `labels.${language}.inputFieldLabels: no field ${one}`,
      ),
      ...unknown(of.inputFieldDescriptions, known).map(
        (one) => `labels.${language}.inputFieldDescriptions: no field ${one}`,
      ),
      ...unknown(of.outputFieldLabels, given).map(
        (one) => `labels.${language}.outputFieldLabels: no field ${one}`,
      ),
    ]),
    ...executionRules.flatMap(({ labelName, conditions }) => [
      ...(english.executionRules?.[labelName] === undefined
        ? [`labels.en.executionRules: the rule ${labelName} has none`]
        : []),
      ...unknown(conditions, new Set([...given, 'errorCode', 'hs_execution_state'])).map(
        (one) => `executionRules: ${labelName} looks at ${one}, which is no output`,
      ),
    ]),
    ...inputFieldDependencies
      .flatMap(({ controllingFieldName, dependentFieldNames }) => [
        controllingFieldName,
        ...dependentFieldNames,
      ])
      .filter((one) => !known.has(one))
      .map((one) => `inputFieldDependencies: no field ${one}`),
  ];
}

function problemOfChoice(field: z.infer<typeof typeDefinition>): string[] {
  if (field.optionsUrl != null && !isCallable(field.optionsUrl))
    return [`inputFields: the optionsUrl of ${field.name} must be an https URL`];
  const isFilled = field.options.length > 0 || field.optionsUrl != null || field.referencedObjectType != null;
  return field.type === 'enumeration' && !isFilled
    ? [`inputFields: ${field.name} has nothing to choose from`]
    : [];
}

function twice(of: readonly { name: string }[]): string[] {
  const all = of.map((one) => one.name);
  return [...new Set(all.filter((one, n) => all.indexOf(one) !== n))];
}

const unknown = (named: object | undefined, known: ReadonlySet<string>) =>
  Object.keys(named ?? {}).filter((one) => !known.has(one));

/** HubSpot calls https alone; what runs on the machine of the sandbox has no certificate. */
function isCallable(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return (
    protocol === 'https:' || (protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(hostname))
  );
}
