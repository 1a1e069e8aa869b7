import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { projectAction } from '../../../src/domain/actions/projectAction.js';
import { throttleDefinition } from '../../../src/domain/actions/throttleDefinition.js';
import { hubspotDefinition, supportedClients } from '../../../src/sdk/actions/hubspotDefinition.js';
import { enrich } from './wholeAction.js';

const ORIGIN = 'https://sluice.example.com';
const definition = hubspotDefinition(enrich, ORIGIN);
const input = (name: string) => definition.inputFields.find((field) => field.typeDefinition.name === name);
const output = (name: string) => definition.outputFields.find((field) => field.typeDefinition.name === name);

describe('an action as HubSpot has it', () => {
  it('is called at the URL of its name, for the types that it says, and is published when that is asked for', () => {
    expect(definition).toMatchObject({
      actionUrl: `${ORIGIN}/api/hubspot/actions/enrich-company`,
      published: false,
      objectTypes: ['COMPANY'],
      functions: [],
      objectRequestOptions: { properties: ['domain'] },
    });
    expect(hubspotDefinition(enrich, ORIGIN, true).published).toBe(true);
  });

  it('has for each field the type that its schema says', () => {
    const types = definition.inputFields.map(({ typeDefinition: { name, type, fieldType } }) => [
      name,
      type,
      fieldType,
    ]);
    expect(types).toEqual([
      ['model', 'enumeration', 'select'],
      ['size', 'enumeration', 'select'],
      ['owner', 'enumeration', 'select'],
      ['property', 'string', 'text'],
      ['firstName', 'string', 'text'],
      ['count', 'number', 'number'],
      ['urgent', 'bool', 'booleancheckbox'],
      ['kind', 'enumeration', 'select'],
      ['day', 'date', 'date'],
      ['at', 'datetime', 'date'],
    ]);
    expect(input('model')).toMatchObject({
      isRequired: true,
      typeDefinition: { options: [], optionsUrl: `${definition.actionUrl}/options/model` },
    });
    expect(input('size')?.typeDefinition.options).toEqual([
      { value: 'big', label: 'Big', description: 'More than 500' },
    ]);
    expect(input('owner')?.typeDefinition.referencedObjectType).toBe('OWNER');
    expect(input('kind')?.typeDefinition.options.map(({ value }) => value)).toEqual(['a', 'b']);
    expect(input('count')?.isRequired).toBe(false);
  });

  it('takes a property of the record where anything may be written, and not where something is chosen', () => {
    const mayBeProperty = definition.inputFields
      .filter(({ supportedValueTypes }) => supportedValueTypes.includes('OBJECT_PROPERTY'))
      .map(({ typeDefinition }) => typeDefinition.name);
    expect(mayBeProperty).toEqual(['firstName', 'count', 'day', 'at']);
  });

  it('gives the outputs of its schema, text where HubSpot has no such type, and those of every action', () => {
    expect(output('score')?.typeDefinition.type).toBe('number');
    expect(output('hit')?.typeDefinition.type).toBe('bool');
    expect(output('grade')?.typeDefinition.options.map(({ value }) => value)).toEqual(['high', 'low']);
    expect(output('parts')?.typeDefinition.type).toBe('string');
    const names = definition.outputFields.map(({ typeDefinition }) => typeDefinition.name);
    expect(names.slice(4)).toEqual(['sluice_status', 'sluice_reason', 'errorCode']);
  });

  it('has its dependencies and its rules', () => {
    expect(definition.inputFieldDependencies).toEqual([
      { dependencyType: 'SINGLE_FIELD', controllingFieldName: 'model', dependentFieldNames: ['size'] },
      {
        dependencyType: 'CONDITIONAL_SINGLE_FIELD',
        controllingFieldName: 'kind',
        controllingFieldValue: 'b',
        dependentFieldNames: ['day', 'at'],
      },
    ]);
    expect(definition.executionRules).toEqual([
      { labelName: 'quota', conditions: { errorCode: ['quota'] } },
      { labelName: 'goodHit', conditions: { grade: ['high'] } },
    ]);
  });

  it('has an English label for everything, those of other languages as they were given', () => {
    expect(definition.labels['de']).toEqual({ actionName: 'Anreichern' });
    const english = definition.labels['en'];
    expect(Object.keys(english?.inputFieldLabels ?? {}).sort()).toEqual(
      Object.keys(enrich.input.shape).sort(),
    );
    expect(english?.inputFieldLabels).toMatchObject({ model: 'Model', firstName: 'First name' });
    expect(english?.inputFieldDescriptions).toEqual({ firstName: 'As on the letter' });
    expect(english?.outputFieldLabels).toMatchObject({ score: 'Score', sluice_status: 'How it ended' });
    expect(english?.executionRules).toEqual({ quota: 'Used up', goodHit: 'Good hit' });
  });

  it('is a file of a project in which nothing is empty, and which says who may call it', () => {
    const project = projectAction('enrich-company', definition, supportedClients(enrich));
    expect(project).toMatchObject({
      uid: 'enrich-company',
      type: 'workflow-action',
      config: {
        actionUrl: definition.actionUrl,
        isPublished: false,
        supportedClients: [
          { client: 'WORKFLOWS' },
          { client: 'AGENTS', toolType: 'GET_DATA', llmConfig: { actionDescription: 'Looks a company up' } },
        ],
        executionRules: definition.executionRules,
        inputFieldDependencies: definition.inputFieldDependencies,
      },
    });
    expect(JSON.stringify(project)).not.toMatch(/"(options|functions|published)":(\[\]|false)/);
  });
});

describe("the throttle's definition", () => {
  it('is what docs/action.json says', () => {
    const { inputFieldDependencies, ...definition } = throttleDefinition(ORIGIN);
    expect(inputFieldDependencies).toEqual([]);
    expect(JSON.parse(readFileSync('docs/action.json', 'utf8'))).toEqual(definition);
  });

  it('has its queue typed where that is wanted', () => {
    const [queue] = throttleDefinition(ORIGIN, false, 'text').inputFields.filter(
      ({ typeDefinition: { name } }) => name === 'queue',
    );
    expect(queue?.typeDefinition).toEqual({ name: 'queue', type: 'string', fieldType: 'text', options: [] });
  });
});
