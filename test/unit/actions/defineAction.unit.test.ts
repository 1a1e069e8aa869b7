import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import {
  ActionDefinitionError,
  ActionFailed,
  defineAction,
  field,
} from '../../../src/sdk/actions/actions.js';
import type { Action } from '../../../src/sdk/actions/actions.js';
import { inputFieldsOf, parseInput } from '../../../src/sdk/actions/inputFields.js';
import { checkOutputs } from '../../../src/sdk/actions/outputs.js';

const input = z.object({
  model: field.select({ options: () => ({ options: [] }) }),
  size: field.select({ options: [{ label: 'Big', value: 'big' }] }).optional(),
  owner: field.owner().describe('Who is told').optional(),
  property: field.property().optional(),
  note: z.string().max(5).optional(),
  count: z.number().int().default(1),
  urgent: z.boolean().optional(),
  kind: z.enum(['a', 'b']).optional(),
  day: z.iso.date().optional(),
  at: z.iso.datetime().optional(),
});
const greet: Action<'greet', typeof input> = {
  name: 'greet',
  version: 1,
  input,
  output: z.object({ greeting: z.string() }),
  labels: { en: { actionName: 'Greet' } },
  run: () => ({ greeting: 'Hello' }),
};

describe('the definition of an action', () => {
  it('is given back as it was made', () => {
    expect(defineAction(greet)).toBe(greet);
  });

  it.each([
    ['name', { name: 'Greet all' }],
    ['version', { version: 0 }],
    ['timeoutMs', { answer: 'inline', timeoutMs: 3001 }],
    ['retry.initialMs', { retry: { initialMs: 0 } }],
    ['retry.giveUpAfterMs', { retry: { giveUpAfterMs: 0.5 } }],
    ['lane.queue', { lane: { queue: 'nowhere' } }],
    ['lane.rate.limit', { lane: { rate: { limit: 0, intervalMs: 1000 } } }],
    ['lane.rate.intervalMs', { lane: { rate: { limit: 1, intervalMs: 10 } } }],
    ['output "hs_state"', { output: z.object({ hs_state: z.string() }) }],
    ['secrets has "stripe key"', { secrets: ['stripe key'] }],
    ['settings must be', { settings: { key: z.string() } }],
    ['setting "api key"', { settings: z.object({ 'api key': z.string() }) }],
    ['setting "keys"', { settings: z.object({ keys: z.array(z.string()) }) }],
    ['setting "pin" is secret', { settings: z.object({ pin: z.number().meta({ secret: true }) }) }],
    ['depends', { depends: [{ fields: ['note'], on: 'nowhere' }] }],
    ['rule "full"', { rules: { full: { nothing: 'x' } } }],
  ] satisfies [string, Partial<Record<keyof Action, unknown>>][])(
    'is refused where its %s cannot work, with its name and the part',
    (part, wrong) => {
      const define = () => defineAction({ ...greet, ...wrong } as unknown as Action);
      expect(define).toThrow(ActionDefinitionError);
      expect(define).toThrow(new RegExp(`^Action ".*": .*${part}`));
    },
  );

  it('is refused where HubSpot has no field for its values', () => {
    const define = () =>
      defineAction({
        ...greet,
        input: z.object({ list: z.array(z.string()) }),
        run: () => ({ greeting: '' }),
      });
    expect(define).toThrow(/^Action "greet": field "list" must be a string/);
  });

  it('knows each field by its type, whether it is needed, and what `field` said of it', () => {
    const fields = Object.fromEntries(
      inputFieldsOf(input).map(({ name, type, isRequired, kind }) => [name, [type, isRequired, kind?.kind]]),
    );
    expect(fields).toEqual({
      model: ['string', true, 'select'],
      size: ['enum', false, 'select'],
      owner: ['string', false, 'owner'],
      property: ['string', false, 'property'],
      note: ['string', false, undefined],
      count: ['number', false, undefined],
      urgent: ['boolean', false, undefined],
      kind: ['enum', false, undefined],
      day: ['date', false, undefined],
      at: ['datetime', false, undefined],
    });
  });
});

describe('the text that HubSpot sends', () => {
  it('becomes the values that the schema has', () => {
    const sent = {
      ...{ model: 'x', size: 'big', owner: '12', property: 'email', note: 'hi', count: ' 42 ' },
      ...{ urgent: 'TRUE', kind: 'b', day: '1798675200000', at: '1798675200000', former: 'left out' },
    };
    expect(parseInput(input, sent)).toEqual({
      ok: true,
      input: {
        ...{ model: 'x', size: 'big', owner: '12', property: 'email', note: 'hi', count: 42 },
        ...{ urgent: true, kind: 'b', day: '2026-12-31', at: '2026-12-31T00:00:00.000Z' },
      },
    });
  });

  it('leaves a day and a time as they are where they are written out', () => {
    const parsed = parseInput(input, { model: 'x', day: '2026-12-31', at: '2026-12-31T10:00:00Z' });
    expect(parsed).toMatchObject({ ok: true, input: { day: '2026-12-31', at: '2026-12-31T10:00:00Z' } });
  });

  it('is a field that is not filled in where it is empty', () => {
    expect(parseInput(input, { model: 'x', note: '', kind: null, count: ' ' })).toEqual({
      ok: true,
      input: { model: 'x', count: 1 },
    });
    expect(parseInput(input, { model: '' })).toEqual({
      ...{ ok: false, field: 'model', reason: 'model is missing' },
    });
  });

  it.each([
    ['count', 'many', 'count must be a number'],
    ['count', '0x10', 'count must be a number'],
    ['count', '1.5', 'count must be a whole number'],
    ['urgent', 'perhaps', 'urgent must be true or false'],
    ['kind', 'c', 'kind must be one of a, b'],
    ['size', 'small', 'size must be big'],
    ['day', 'tomorrow', 'day must be a day such as 2027-01-31'],
    ['at', 'tomorrow', 'at must be a time such as 2027-01-01T00:00:00Z'],
    ['owner', 'Ada', 'owner has not the form that it must have'],
    ['note', 'too long', 'note must have at most 5 characters'],
  ])('that does not fit %s ("%s") is named by its field, without the value', (name, value, reason) => {
    const parsed = parseInput(input, { model: 'x', [name]: value });
    expect(parsed).toEqual({ ok: false, field: name, reason });
  });
});

describe('what a handler gives', () => {
  const output = z.object({
    score: z.number(),
    isGood: z.boolean(),
    on: z.date(),
    note: z.string().optional(),
    all: z.array(z.string()),
  });

  it('is text to HubSpot', () => {
    const given = { score: 1.5, isGood: false, on: new Date(0), note: undefined, all: ['a'] };
    expect(checkOutputs(output, given)).toEqual({
      ok: true,
      outputs: { score: '1.5', isGood: 'false', on: '1970-01-01T00:00:00.000Z', all: '["a"]' },
    });
  });

  it('is refused where its schema does not have it, by the name of the output', () => {
    expect(checkOutputs(output, { score: 'high' })).toEqual({
      ok: false,
      reason: 'output score must be a number',
    });
    expect(checkOutputs(output, undefined)).toEqual({ ok: false, reason: 'output is missing' });
  });

  it('can be a failure with a code that rules look at, and no other text', () => {
    expect(new ActionFailed('quota', 'Used up')).toMatchObject({ code: 'quota', message: 'Used up' });
    expect(() => new ActionFailed('the quota of Ada')).toThrow(TypeError);
  });
});
