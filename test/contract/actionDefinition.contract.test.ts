import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { hasDescription, problemsOf, readDescriptions, type Operation } from '../support/openapi.js';

const FILE = path.resolve(import.meta.dirname, '../../docs/action.json');

/**
 * Two places of the description are HubSpot's inner types, which no example of its guide follows
 * (docs/hubspot.md#custom-workflow-actions): outputs are held to the public type that inputs have, and a condition of
 * a rule may be a list, as in the guide.
 */
function asInTheGuide(schemas: Operation['schemas']): Operation['schemas'] {
  const { PublicFieldTypeDefinition, PublicExecutionTranslationRule: rule } = schemas;
  if (!PublicFieldTypeDefinition || !rule) throw new Error('The description names its types otherwise');
  const conditions = {
    type: 'object',
    additionalProperties: { type: 'array', items: { type: 'string' } },
  };
  return {
    ...schemas,
    FieldTypeDefinition: PublicFieldTypeDefinition,
    PublicExecutionTranslationRule: { ...rule, properties: { ...rule.properties, conditions } },
  };
}

(hasDescription() ? describe : describe.skip)("docs/action.json, against HubSpot's description", () => {
  it('is a definition of an action as HubSpot takes one', () => {
    const operation = readDescriptions()('POST', '/automation/actions/2026-03/7');
    const definition: unknown = JSON.parse(readFileSync(FILE, 'utf8'));
    const schema = operation?.body['application/json'];
    expect(schema).toBeDefined();
    expect(problemsOf(schema ?? {}, definition, asInTheGuide(operation?.schemas ?? {}))).toEqual([]);
  });
});
