import { describe, expect, it } from '@jest/globals';
import { PERIODS_MS } from '../../../src/domain/throttle/rate.js';
import { firstGroups, read } from './documents.js';

interface Field {
  typeDefinition: {
    name: string;
    type: string;
    options?: { value: string; label: string }[];
    optionsUrl?: string;
  };
}

describe("docs/action.json, the action's definition", () => {
  const definition = JSON.parse(read('docs/action.json')) as {
    actionUrl: string;
    inputFields: Field[];
    outputFields: Field[];
    executionRules: { labelName: string; conditions: Record<string, string[]> }[];
    labels: { en: Record<string, Record<string, string>> };
  };
  const names = (fields: Field[]) => fields.map((field) => field.typeDefinition.name);

  it('asks for the fields that the intake reads, and declares the outputs that we send', () => {
    expect(definition.actionUrl).toMatch(/^https:\/\/[\w.]+\/api\/hubspot\/action$/);
    for (const name of names(definition.inputFields))
      expect(read('src/api/throttle/call.ts')).toContain(`${name}: `);
    const outputs = read('src/domain/throttle/actionOutputs.ts');
    const sent = new Set(firstGroups(outputs, /\b(sluice_[a-z_]+):/g));
    expect([...sent].sort()).toEqual(names(definition.outputFields).sort());
  });

  it('labels each field, and each rule that names an output', () => {
    const { en } = definition.labels;
    expect(Object.keys(en['inputFieldLabels'] ?? {})).toEqual(names(definition.inputFields));
    expect(Object.keys(en['outputFieldLabels'] ?? {})).toEqual(names(definition.outputFields));
    expect(Object.keys(en['executionRules'] ?? {})).toEqual(
      definition.executionRules.map(({ labelName }) => labelName),
    );
    const [status] = definition.outputFields;
    const values = status?.typeDefinition.options?.map(({ value }) => value) ?? [];
    const conditions = definition.executionRules.flatMap((rule) => rule.conditions['sluice_status'] ?? []);
    expect(conditions.filter((value) => !values.includes(value))).toEqual([]);
  });

  it("has options in each type definition, as HubSpot's description requires, and values where one is chosen", () => {
    const types = [...definition.inputFields, ...definition.outputFields].map(
      ({ typeDefinition }) => typeDefinition,
    );
    expect(types.filter(({ options }) => !Array.isArray(options))).toEqual([]);
    expect(
      types.filter(
        ({ type, options, optionsUrl }) => type === 'enumeration' && options?.length === 0 && !optionsUrl,
      ),
    ).toEqual([]);
    const period = types.find(({ name }) => name === 'period');
    expect(period?.options?.map(({ value }) => value)).toEqual(Object.keys(PERIODS_MS));
  });

  it('is told in docs/connecting.md: each input and output with its values', () => {
    const page = read('docs/connecting.md');
    const missing = [...names(definition.inputFields), ...names(definition.outputFields)].filter(
      (name) => !new RegExp(`^\\| [^|]*\`${name}\`[^|]* \\|`, 'm').test(page),
    );
    expect(missing).toEqual([]);
    const [status] = definition.outputFields;
    const row = /^\| `sluice_status` \|(.*)$/m.exec(page)?.[1] ?? '';
    expect(firstGroups(row, /`(\w+)`:/g)).toEqual(status?.typeDefinition.options?.map(({ value }) => value));
  });
});
