import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { definitionChanges } from '../../../src/domain/actions/definitionChanges.js';
import { heldDefinitionSchema } from '../../../src/domain/actions/heldDefinition.js';
import {
  PLAIN_FIELDS,
  typeDefinition,
  type HubSpotDefinition,
  type HubSpotInputField,
} from '../../../src/domain/actions/hubspotDefinition.js';
import { hubspotDefinition } from '../../../src/sdk/actions/hubspotDefinition.js';
import { enrich } from './wholeAction.js';

const whole = hubspotDefinition(enrich, 'https://sluice.example.com');
const KINDS = Object.keys(PLAIN_FIELDS) as (keyof typeof PLAIN_FIELDS)[];

const field = fc
  .tuple(fc.stringMatching(/^[a-z]{1,6}$/), fc.constantFrom(...KINDS), fc.boolean())
  .map(([name, kind, isRequired]): HubSpotInputField => {
    const options = kind === 'enum' ? [{ value: 'a', label: 'A' }] : [];
    return {
      typeDefinition: typeDefinition(name, kind, options),
      supportedValueTypes: ['STATIC_VALUE'],
      isRequired,
    };
  });
const definitions = fc
  .uniqueArray(field, { selector: ({ typeDefinition: { name } }) => name, minLength: 1, maxLength: 8 })
  .map((inputFields): HubSpotDefinition => ({
    ...whole,
    inputFields,
    outputFields: inputFields.map(({ typeDefinition }) => ({ typeDefinition })),
  }));

/** As HubSpot gives it back: with more than it was given, and null for what is empty. */
function held(definition: HubSpotDefinition) {
  const types = (fields: readonly { typeDefinition: object }[]) =>
    fields.map((one) => ({ ...one, typeDefinition: { helpText: null, ...one.typeDefinition, label: null } }));
  return heldDefinitionSchema.parse(
    JSON.parse(
      JSON.stringify({
        ...{ id: '7', revisionId: '2', archivedAt: null, ...definition },
        inputFields: types(definition.inputFields),
        outputFields: types(definition.outputFields),
        ...(definition.executionRules.length === 0 && { executionRules: null }),
      }),
    ),
  );
}

describe('what would change in a definition', () => {
  it('is nothing where HubSpot gives back what it was given', () => {
    expect(definitionChanges(held(whole).definition, whole)).toEqual([]);
    fc.assert(
      fc.property(definitions, (definition) => {
        expect(definitionChanges(held(definition).definition, definition)).toEqual([]);
      }),
    );
  });

  it('is told where HubSpot has what nobody writes here, and one is never taken for no definition', () => {
    const odd = {
      ...whole,
      executionRules: [{ labelName: 'quota', conditions: { errorCode: { is: 'quota' } } }],
    };
    const { definition } = heldDefinitionSchema.parse({ ...odd, id: '7', revisionId: '1' });
    expect(definitionChanges(definition, whole).map(({ at }) => at)).toEqual(['rules']);
  });

  it('is breaking exactly for what the steps of a workflow have and would lose', () => {
    fc.assert(
      fc.property(definitions, fc.nat(), (before, pick) => {
        const gone = before.inputFields[pick % before.inputFields.length]?.typeDefinition.name;
        const kept = <One extends { typeDefinition: { name: string } }>(fields: readonly One[]) =>
          fields.filter(({ typeDefinition }) => typeDefinition.name !== gone);
        const after = {
          ...before,
          inputFields: kept(before.inputFields),
          outputFields: kept(before.outputFields),
        };
        expect(definitionChanges(before, after)).toEqual([
          { at: `input ${gone}`, what: 'is removed', isBreaking: true },
          { at: `output ${gone}`, what: 'is removed', isBreaking: true },
        ]);
        const back = definitionChanges(after, before);
        expect(back.map(({ at }) => at)).toEqual([`input ${gone}`, `output ${gone}`]);
        const wasRequired = before.inputFields.some(
          ({ isRequired, typeDefinition }) => isRequired && typeDefinition.name === gone,
        );
        expect(back.some(({ isBreaking }) => isBreaking)).toBe(wasRequired);
      }),
    );
  });

  const [first, ...others] = whole.inputFields;
  const firstWith = (more: Partial<HubSpotInputField>) => ({
    inputFields: [{ ...first, ...more } as HubSpotInputField, ...others],
  });
  it.each<[string, Partial<HubSpotDefinition>, boolean]>([
    ['input model', firstWith({ typeDefinition: typeDefinition('model', 'number') }), true],
    ['input model', firstWith({ supportedValueTypes: ['OBJECT_PROPERTY'] }), true],
    ['input model', firstWith({ isRequired: false }), false],
    ['input', { inputFields: [...others, first as HubSpotInputField] }, false],
    ['objectTypes', { objectTypes: ['CONTACT'] }, true],
    ['objectTypes', { objectTypes: [] }, false],
    ['published', { published: true }, false],
    ['actionUrl', { actionUrl: 'https://other.example.com/api' }, false],
    ['rules', { executionRules: [] }, false],
    ['depends', { inputFieldDependencies: [] }, false],
    ['needs', { objectRequestOptions: { properties: ['name'] } }, false],
    ['labels.de.actionName', { labels: { ...whole.labels, de: { actionName: 'Mehr' } } }, false],
  ])('is told of %s, case %#', (at, changes, isBreaking) => {
    expect(definitionChanges(whole, { ...whole, ...changes })).toEqual([
      { at, what: expect.any(String), isBreaking },
    ]);
  });

  it('is breaking where an option is taken away, and not where options are fetched from now on', () => {
    const kind = whole.inputFields.findIndex(({ typeDefinition: { name } }) => name === 'kind');
    const withType = (type: object) => ({
      ...whole,
      inputFields: whole.inputFields.map((one, n) =>
        n === kind ? { ...one, typeDefinition: { ...one.typeDefinition, ...type } } : one,
      ),
    });
    const fewer = definitionChanges(whole, withType({ options: [{ value: 'a', label: 'a' }] }));
    expect(fewer).toContainEqual({ at: 'input kind', what: 'has the option b no more', isBreaking: true });
    const fetched = definitionChanges(whole, withType({ options: [], optionsUrl: 'https://x.example.com' }));
    expect(fetched.filter(({ isBreaking }) => isBreaking)).toEqual([]);
    expect(fetched.length).toBeGreaterThan(0);
  });
});
