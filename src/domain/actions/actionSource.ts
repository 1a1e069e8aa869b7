import type { FieldTypeDefinition, HubSpotDefinition, HubSpotInputField } from './hubspotDefinition.js';

/* Files that people go on with: they are written once, and then theirs. */

/** `enrichCompany`, of `enrich-company`: the name of its file, and of what the file exports. */
export function exportName(name: string): string {
  const camel = name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  return RESERVED.has(camel) ? `${camel}Action` : camel;
}

/** The file of a new action, which runs as it is. */
export function newActionSource(name: string): string {
  return `import { defineAction, z } from 'sluice';

export const ${exportName(name)} = defineAction({
  name: '${name}',
  version: 1,
  // What people fill in for the step; HubSpot's text becomes what the schema says.
  input: z.object({ name: z.string().describe('Who is greeted') }),
  // What the workflow can go on with.
  output: z.object({ greeting: z.string() }),
  labels: {
    en: {
      actionName: '${words(name)}',
      actionDescription: 'Says hello.',
      actionCardContent: '${words(name)} {{name}}',
    },
  },
  async run({ input }) {
    return { greeting: \`Hello, \${input.name}\` };
  },
});
`;
}

/** A declaration of what HubSpot has, to go on with: its handler is to be written. */
export function declarationSource(name: string, definition: HubSpotDefinition): string {
  const { inputFields, outputFields, objectTypes, objectRequestOptions, labels } = definition;
  const outputs = outputFields.filter(({ typeDefinition: { name: output } }) => !OURS.test(output));
  const needsField = inputFields.some((one) => isSelect(one.typeDefinition) || isOwner(one.typeDefinition));
  const { depends, rules } = { depends: dependsOf(definition), rules: rulesOf(definition) };
  return `import { ActionFailed, defineAction, ${needsField ? 'field, ' : ''}z } from 'sluice';

export const ${exportName(name)} = defineAction({
  name: ${literal(name)},
  version: 1,
${objectTypes.length > 0 ? `  objectTypes: ${literal(objectTypes)},\n` : ''}\
  input: z.object({
${inputFields.map((one) => `    ${key(one.typeDefinition.name)}: ${inputSource(one)},\n`).join('')}\
  }),
  output: z.object({
${outputs.map(({ typeDefinition }) => `    ${key(typeDefinition.name)}: ${plain(typeDefinition)}.optional(),\n`).join('')}\
  }),
${objectRequestOptions ? `  needs: { properties: ${literal(objectRequestOptions.properties)} },\n` : ''}\
${depends.length > 0 ? `  depends: ${literal(depends)},\n` : ''}\
${rules ? `  rules: ${literal(rules)},\n` : ''}\
  labels: ${JSON.stringify(labels, null, 2).replaceAll('\n', '\n  ')},
  run() {
    throw new ActionFailed('not_written');
  },
});
`;
}

/** What Sluice or HubSpot gives by itself. */
const OURS = /^((sluice|hs)_.*|errorCode)$/;
const RESERVED = new Set([
  ...['delete', 'new', 'return', 'import', 'export', 'default', 'switch', 'throw', 'try', 'void', 'with'],
  ...['case', 'catch', 'class', 'const', 'continue', 'debugger', 'do', 'else', 'enum', 'extends', 'false'],
  ...['finally', 'for', 'function', 'if', 'in', 'instanceof', 'null', 'super', 'this', 'true', 'typeof'],
  ...['var', 'while', 'yield', 'let', 'static', 'await', 'package', 'private', 'public', 'interface', 'z'],
]);

function inputSource({ typeDefinition, isRequired }: HubSpotInputField): string {
  return `${schemaOf(typeDefinition)}${isRequired ? '' : '.optional()'}`;
}

function schemaOf(type: FieldTypeDefinition): string {
  if (isOwner(type)) return 'field.owner()';
  if (!isSelect(type)) return plain(type);
  if (type.optionsUrl !== undefined) return `field.select({ options: () => ({ options: [] }) })`;
  return `field.select({ options: ${literal(type.options.map(({ value, label }) => ({ value, label })))} })`;
}

function plain(type: FieldTypeDefinition): string {
  switch (type.type) {
    case 'number':
      return 'z.number()';
    case 'bool':
      return 'z.boolean()';
    case 'date':
      return 'z.iso.date()';
    case 'datetime':
      return 'z.iso.datetime()';
    case 'enumeration':
      return type.options.length > 0
        ? `z.enum(${literal(type.options.map(({ value }) => value))})`
        : 'z.string()';
    default:
      return 'z.string()';
  }
}

const isOwner = ({ referencedObjectType }: FieldTypeDefinition) => referencedObjectType === 'OWNER';
const isSelect = ({ type, optionsUrl, options }: FieldTypeDefinition) =>
  type === 'enumeration' && (optionsUrl !== undefined || options.length > 0);

function dependsOf({ inputFieldDependencies }: HubSpotDefinition) {
  return inputFieldDependencies.map(
    ({ dependentFieldNames, controllingFieldName, controllingFieldValue }) => ({
      ...{ fields: dependentFieldNames, on: controllingFieldName },
      ...(controllingFieldValue !== undefined && { is: controllingFieldValue }),
    }),
  );
}

function rulesOf({ executionRules }: HubSpotDefinition) {
  if (executionRules.length === 0) return undefined;
  return Object.fromEntries(executionRules.map(({ labelName, conditions }) => [labelName, conditions]));
}

/** JSON is TypeScript. What HubSpot holds stays a value: it becomes no code. */
const literal = (value: unknown) => JSON.stringify(value);
const key = (name: string) => (/^[a-z_$][\w$]*$/i.test(name) ? name : literal(name));

function words(name: string): string {
  const text = name.replaceAll('-', ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}
