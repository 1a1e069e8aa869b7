import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

/*
 * HubSpot's own description of its API. It is HubSpot's and not part of this repository: SLUICE_HUBSPOT_OPENAPI names
 * a folder that holds it.
 */
const OPENAPI_FOLDER = path.join(
  process.env.SLUICE_HUBSPOT_OPENAPI ?? path.resolve(import.meta.dirname, '../../../shared/hubspot-openapi'),
  '2026-03',
);

interface Schema {
  $ref?: string;
  type?: string;
  format?: string;
  enum?: unknown[];
  required?: string[];
  properties?: Record<string, Schema>;
  additionalProperties?: Schema;
  items?: Schema;
  oneOf?: Schema[];
}

interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required?: boolean;
  schema: Schema;
}

export interface Operation {
  readonly template: string;
  readonly parameters: readonly Parameter[];
  readonly body: Record<string, Schema>;
  readonly security: readonly Record<string, string[]>[];
  readonly exemptions: readonly string[];
  /** By status, then by media type; `default` is what an error answers. */
  readonly responses: Readonly<Record<string, Record<string, Schema>>>;
  /** The parts of a description that its `$ref`s lead to. */
  readonly schemas: Readonly<Record<string, Schema>>;
}

interface Content {
  $ref?: string;
  content?: Record<string, { schema?: Schema }>;
}

interface Description {
  paths: Record<
    string,
    Record<
      string,
      {
        parameters?: Parameter[];
        requestBody?: { content: Record<string, { schema: Schema }> };
        responses: Record<string, Content>;
        security?: Record<string, string[]>[];
        'x-hubspot-rate-limit-exemptions'?: string[];
      }
    >
  >;
  components: { schemas: Record<string, Schema>; responses?: Record<string, Content> };
}

/** Why a test is skipped that needs it. */
export const NO_DESCRIPTION =
  "HubSpot's description of its API is not here; SLUICE_HUBSPOT_OPENAPI names its folder";

export function hasDescription(): boolean {
  return existsSync(path.join(OPENAPI_FOLDER, 'objects.json'));
}

/** `POST /crm/objects/2026-03/contacts`, of all that these files (`contacts`) describe. */
export function describedOperations(names: readonly string[]): string[] {
  return names.flatMap((name) => {
    const file = path.join(OPENAPI_FOLDER, `${name}.json`);
    const { paths } = JSON.parse(readFileSync(file, 'utf8')) as Description;
    return Object.entries(paths).flatMap(([template, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${template}`),
    );
  });
}

/** Finds the operation of a request: of all templates that fit its path, the one with the fewest parameters. */
export function readDescriptions(): (method: string, pathname: string) => Operation | undefined {
  const descriptions = readdirSync(OPENAPI_FOLDER)
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(path.join(OPENAPI_FOLDER, name), 'utf8')) as Description);
  const entries = descriptions.flatMap(({ paths, components }) =>
    Object.entries(paths).map(([template, operations]) => ({ template, operations, components })),
  );
  const looseness = (template: string) => template.split('{').length;
  entries.sort((a, b) => looseness(a.template) - looseness(b.template));
  return (method, pathname) => {
    for (const { template, operations, components } of entries) {
      const operation = operations[method.toLowerCase()];
      const pattern = new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`);
      if (!operation || !pattern.test(pathname)) continue;
      const content = operation.requestBody?.content ?? {};
      return {
        template,
        parameters: operation.parameters ?? [],
        body: Object.fromEntries(Object.entries(content).map(([type, { schema }]) => [type, schema])),
        security: operation.security ?? [],
        exemptions: operation['x-hubspot-rate-limit-exemptions'] ?? [],
        responses: Object.fromEntries(
          Object.entries(operation.responses).map(([status, response]) => [
            status,
            schemasOf(response, components.responses),
          ]),
        ),
        schemas: components.schemas,
      };
    }
    return undefined;
  };
}

function schemasOf(response: Content, shared: Record<string, Content> = {}): Record<string, Schema> {
  const { content = {} } = response.$ref === undefined ? response : (shared[nameOf(response.$ref)] ?? {});
  return Object.fromEntries(Object.entries(content).map(([type, { schema }]) => [type, schema ?? {}]));
}

function nameOf(reference: string): string {
  return reference.split('/').at(-1) ?? '';
}

/**
 * What is wrong with a value, by the part of JSON Schema that HubSpot's descriptions use. Stricter than JSON Schema: a
 * member that a description does not name is a problem too, since HubSpot ignores it in silence.
 */
export function problemsOf(
  schema: Schema,
  value: unknown,
  schemas: Operation['schemas'],
  at = 'body',
): string[] {
  if (schema.$ref !== undefined) {
    const target = schemas[nameOf(schema.$ref)];
    return target ? problemsOf(target, value, schemas, at) : [`${at}: ${schema.$ref} is not described`];
  }
  if (schema.oneOf) {
    const all = schema.oneOf.map((one) => problemsOf(one, value, schemas, at));
    return all.some((found) => found.length === 0) ? [] : all.flat();
  }
  if (schema.enum && !schema.enum.includes(value)) return [`${at} is none of ${schema.enum.join(', ')}`];
  switch (schema.type) {
    case 'array':
      if (!Array.isArray(value)) return [`${at} is no array`];
      return value.flatMap((item, n) => problemsOf(schema.items ?? {}, item, schemas, `${at}[${n}]`));
    case 'object':
      return objectProblems(schema, value, schemas, at);
    case 'integer':
      return Number.isInteger(value) ? [] : [`${at} is no integer`];
    case 'string':
      if (typeof value !== 'string') return [`${at} is no string`];
      return schema.format === 'date-time' && Number.isNaN(Date.parse(value)) ? [`${at} is no time`] : [];
    case undefined:
      return [];
    default:
      return typeof value === schema.type ? [] : [`${at} is no ${schema.type}`];
  }
}

function objectProblems(schema: Schema, value: unknown, schemas: Operation['schemas'], at: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${at} is no object`];
  const entries = new Map(Object.entries(value).filter(([, part]) => part !== undefined));
  const missing = (schema.required ?? [])
    .filter((name) => !entries.has(name))
    .map((name) => `${at}.${name} is missing`);
  const open = schema.properties === undefined && schema.additionalProperties === undefined;
  const wrong = [...entries].flatMap(([name, part]) => {
    const described = schema.properties?.[name] ?? schema.additionalProperties;
    if (described) return problemsOf(described, part, schemas, `${at}.${name}`);
    return open ? [] : [`${at}.${name} is not described`];
  });
  return [...missing, ...wrong];
}

/** What is wrong with a query: names that are not described, values that do not fit, required ones that are missing. */
export function queryProblems(operation: Operation, query: URLSearchParams): string[] {
  const described = new Map(
    operation.parameters.filter((one) => one.in === 'query').map((one) => [one.name, one]),
  );
  const wrong = [...query].flatMap(([name, text]) => {
    const schema = described.get(name)?.schema;
    if (!schema) return [`?${name} is not described`];
    return problemsOf(schema, queryValue(schema, text), operation.schemas, `?${name}`);
  });
  const missing = [...described.values()].filter(({ name, required }) => required && !query.has(name));
  return [...wrong, ...missing.map(({ name }) => `?${name} is missing`)];
}

function queryValue(schema: Schema, text: string): unknown {
  switch (schema.type) {
    case 'array':
      return text.split(',');
    case 'integer':
    case 'number':
      return Number(text);
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text;
    default:
      return text;
  }
}
