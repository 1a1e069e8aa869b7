import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { hubspotDefinition } from '../../src/sdk/actions/hubspotDefinition.js';
import { problemsOf, readDescriptions, type Operation } from '../support/openapi.js';
import { describeAgainstHubSpot } from '../support/openapiAnswers.js';
import { enrich } from '../unit/actions/wholeAction.js';

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

describeAgainstHubSpot("definitions are as HubSpot's description has them", () => {
  it.each([
    ['docs/action.json', () => JSON.parse(readFileSync(FILE, 'utf8')) as unknown],
    ["an action of one's own", () => hubspotDefinition(enrich, 'https://sluice.example.com')],
  ])('%s is a definition as HubSpot takes one', (_, read) => {
    const operation = readDescriptions()('POST', '/automation/actions/2026-03/7');
    const schema = operation?.body['application/json'];
    expect(schema).toBeDefined();
    expect(problemsOf(schema ?? {}, read(), asInTheGuide(operation?.schemas ?? {}))).toEqual([]);
  });
});
