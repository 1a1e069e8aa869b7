import { z } from 'zod';
import type {
  ExecutionRule,
  FieldDependency,
  FieldTypeDefinition,
  HubSpotDefinition,
  HubSpotInputField,
  HubSpotLabels,
  SupportedClient,
} from '../../domain/actions/hubspotDefinition.js';
import { typeDefinition } from '../../domain/actions/hubspotDefinition.js';
import type { ActionLabels, AnyAction } from './action.js';
import { withoutWrapping } from './field.js';
import { inputFieldsOf, type InputField } from './inputFields.js';

/** Where HubSpot calls an action, below the origin. It never changes: steps of workflows have it. */
export function actionPath(name: string): string {
  return `/api/hubspot/actions/${name}`;
}

/** An action as HubSpot has it. `origin` is PUBLIC_URL, or what stands for it in a project. */
export function hubspotDefinition(action: AnyAction, origin: string, published = false): HubSpotDefinition {
  const actionUrl = `${origin}${actionPath(action.name)}`;
  const inputs = inputFieldsOf(action.input);
  return {
    ...{ actionUrl, published, objectTypes: action.objectTypes ?? [], functions: [] },
    inputFields: inputs.map((field) => inputField(field, actionUrl)),
    outputFields: [
      ...inputFieldsOf(action.output).map((field) => ({ typeDefinition: plain(field) })),
      { typeDefinition: typeDefinition('sluice_status', 'enum', STATUSES) },
      { typeDefinition: typeDefinition('sluice_reason', 'string') },
      { typeDefinition: typeDefinition('errorCode', 'string') },
    ],
    executionRules: executionRules(action),
    inputFieldDependencies: dependencies(action),
    ...(action.needs && { objectRequestOptions: { properties: action.needs.properties } }),
    labels: Object.fromEntries(
      Object.entries(action.labels).map(([language, labels]) => [
        language,
        labelsOf(action, language, labels),
      ]),
    ),
  };
}

/** Who may call it, as a project says it. */
export function supportedClients({ clients = ['WORKFLOWS'] }: Pick<AnyAction, 'clients'>): SupportedClient[] {
  return clients.map((one) =>
    one === 'WORKFLOWS'
      ? { client: one }
      : {
          ...{ client: one.client, toolType: one.toolType },
          llmConfig: { actionDescription: one.description },
        },
  );
}

/** What every action gives beside its own outputs, and what people read of it. */
const OWN_OUTPUT_LABELS = {
  sluice_status: 'How it ended',
  sluice_reason: 'Reason',
  errorCode: 'Code of the failure',
};
const STATUSES = [
  { value: 'completed', label: 'Completed' },
  { value: 'failed', label: 'Failed' },
];

function inputField(field: InputField, actionUrl: string): HubSpotInputField {
  return {
    typeDefinition: inputType(field, actionUrl),
    supportedValueTypes: mayBeProperty(field) ? ['STATIC_VALUE', 'OBJECT_PROPERTY'] : ['STATIC_VALUE'],
    isRequired: field.isRequired,
  };
}

/** What is chosen from a list is chosen by people; a property may hold anything. */
function mayBeProperty({ type, kind }: InputField): boolean {
  return kind === undefined && type !== 'enum' && type !== 'boolean';
}

function inputType(field: InputField, actionUrl: string): FieldTypeDefinition {
  const { name, kind } = field;
  switch (kind?.kind) {
    case undefined:
    case 'property':
      return plain(field);
    case 'owner':
      return { ...typeDefinition(name, 'enum'), referencedObjectType: 'OWNER' };
    case 'select':
      if (typeof kind.options !== 'function') return typeDefinition(name, 'enum', kind.options.map(option));
      return { ...typeDefinition(name, 'enum'), optionsUrl: `${actionUrl}/options/${name}` };
  }
}

/** What HubSpot has no field for goes as text. */
function plain({ name, type = 'string', values }: InputField): FieldTypeDefinition {
  return typeDefinition(
    name,
    type,
    values.map((value) => ({ value, label: value })),
  );
}

const option = ({ value, label, description }: { value: string; label: string; description?: string }) => ({
  ...{ value, label },
  ...(description !== undefined && { description }),
});

function executionRules({ rules = {} }: AnyAction): ExecutionRule[] {
  return Object.entries(rules).map(([labelName, conditions]) => ({
    labelName,
    conditions: Object.fromEntries(
      Object.entries(conditions).map(([output, values]) => [output, [values].flat()]),
    ),
  }));
}

function dependencies({ depends = [] }: AnyAction): FieldDependency[] {
  return depends.map(({ fields, on, is }) => ({
    dependencyType: is === undefined ? 'SINGLE_FIELD' : 'CONDITIONAL_SINGLE_FIELD',
    controllingFieldName: on,
    ...(is !== undefined && { controllingFieldValue: is }),
    dependentFieldNames: fields,
  }));
}

/** English has a label for each field, since HubSpot takes it where another language has none. */
function labelsOf(action: AnyAction, language: string, given: ActionLabels): HubSpotLabels {
  if (language !== 'en') return given;
  const inputs = inputFieldsOf(action.input);
  const shape: Readonly<Record<string, z.core.$ZodType>> = action.input.shape;
  const descriptions = inputs.flatMap(({ name }): [string, string][] => {
    const description = descriptionOf(shape[name]);
    return description === undefined ? [] : [[name, description]];
  });
  const rules = Object.keys(action.rules ?? {});
  return {
    ...given,
    inputFieldLabels: { ...named(inputs), ...given.inputFieldLabels },
    ...((descriptions.length > 0 || given.inputFieldDescriptions) && {
      inputFieldDescriptions: { ...Object.fromEntries(descriptions), ...given.inputFieldDescriptions },
    }),
    outputFieldLabels: {
      ...named(inputFieldsOf(action.output)),
      ...OWN_OUTPUT_LABELS,
      ...given.outputFieldLabels,
    },
    ...(rules.length > 0 && {
      executionRules: {
        ...Object.fromEntries(rules.map((rule) => [rule, inWords(rule)])),
        ...given.executionRules,
      },
    }),
  };
}

/** What `describe` says, of the field or of what it wraps. */
function descriptionOf(schema: z.core.$ZodType | undefined): string | undefined {
  if (schema === undefined) return undefined;
  const inner = withoutWrapping(schema).schema;
  return (z.globalRegistry.get(schema) ?? z.globalRegistry.get(inner))?.description;
}

const named = (fields: readonly InputField[]) =>
  Object.fromEntries(fields.map(({ name }) => [name, inWords(name)]));

/** `firstName` and `first_name`: `First name`. */
function inWords(name: string): string {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll('_', ' ')
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
