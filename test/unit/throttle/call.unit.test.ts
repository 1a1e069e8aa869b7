import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseCall } from '../../../src/api/throttle/call.js';

/** HubSpot's payload as it is seen (docs/hubspot.md#custom-workflow-actions). */
const payload = (over: Record<string, unknown> = {}) => ({
  callbackId: 'ap-26816943-100456362982-1-0',
  origin: {
    portalId: 26816943,
    actionDefinitionId: 33540407,
    actionDefinitionVersion: 6,
    actionExecutionIndexIdentifier: { enrollmentId: 100456362982, actionExecutionIndex: 0 },
  },
  context: { source: 'WORKFLOWS', workflowId: 713617349, actionId: 7 },
  object: { objectId: 7192748760, objectType: 'DEAL', properties: { dealname: 'x' } },
  fields: { max_throughput: '50', time: '5', period: 'seconds' },
  inputFields: { max_throughput: '50', time: '5', period: 'seconds' },
  ...over,
});
const parse = (value: unknown) =>
  parseCall(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)));
const understood = (value: unknown) => {
  const parsed = parse(value);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.call;
};
const refused = (value: unknown) => {
  const parsed = parse(value);
  if (parsed.ok) throw new Error('was understood');
  return parsed;
};

describe('an action call', () => {
  it('waits in the lane of its workflow and step, with the rate of its input fields', () => {
    expect(understood(payload())).toMatchObject({
      lane: { portalId: 26816943, key: 'step:713617349/7', queue: null, actionId: '33540407' },
      objectId: '7192748760',
      input: { rate: { limit: 50, intervalMs: 5000 }, note: null },
    });
  });

  it('waits in the named queue that its input fields name, whatever the workflow', () => {
    expect(understood(payload({ inputFields: { queue: ' partners ' } })).lane).toMatchObject({
      key: 'queue:partners',
      queue: 'partners',
    });
  });

  it('takes the action as the step where HubSpot sends no step, and the source where there is no workflow', () => {
    expect(understood(payload({ context: { source: 'WORKFLOWS', workflowId: 5 } })).lane.key).toBe(
      'step:5/33540407',
    );
    expect(understood(payload({ context: { source: 'AGENTS' } })).lane.key).toBe('step:AGENTS/33540407');
  });

  it('reads the legacy twin `fields` where `inputFields` is missing, and lives without either and without an object', () => {
    expect(understood(payload({ inputFields: undefined })).input.rate).toEqual({
      limit: 50,
      intervalMs: 5000,
    });
    expect(understood(payload({ inputFields: undefined, fields: undefined, object: null })).input).toEqual({
      rate: null,
      note: null,
    });
  });

  it.each([
    ['0', 'seconds'],
    ['-1', 'seconds'],
    ['1e9', 'seconds'],
    ['abc', 'seconds'],
    ['10 per potato', 'seconds'],
    ['10', 'potato'],
  ])(
    'does not take the rate "%s" per %s, says why, and still throttles the record',
    (max_throughput, period) => {
      const { input } = understood(payload({ inputFields: { max_throughput, time: '1', period } }));
      expect(input.rate).toBeNull();
      expect(input.note).toContain('the rate that was taken last');
    },
  );

  it('is refused with its ids when it names another portal than its callback', () => {
    expect(refused(payload({ callbackId: 'ap-99-1-1-0' }))).toMatchObject({
      portalId: 26816943,
      callbackId: 'ap-99-1-1-0',
    });
  });

  it.each([
    [
      'the same key twice',
      JSON.stringify(payload()).replace('"inputFields":{', '"inputFields":{"queue":"a","queue":"b",'),
      'same key twice',
    ],
    [
      'a key __proto__',
      JSON.stringify(payload()).replace('"inputFields":{', '"inputFields":{"__proto__":{"x":1},'),
      '__proto__',
    ],
    [
      'an escaped key __proto__',
      JSON.stringify(payload()).replace('"inputFields":{', '"inputFields":{"\\u005f_proto__":1,'),
      '__proto__',
    ],
    [
      '10,000 levels',
      JSON.stringify(payload({ deep: 0 })).replace(
        '"deep":0',
        `"deep":${'['.repeat(10_000)}${']'.repeat(10_000)}`,
      ),
      'nested deeper',
    ],
    [
      '2,000 keys',
      JSON.stringify(
        payload({ many: Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`k${i}`, i])) }),
      ),
      'more than 1000 keys',
    ],
    [
      'a portal that is no number',
      JSON.stringify(payload({ origin: { portalId: 'x', actionDefinitionId: 1 } })),
      'origin.portalId',
    ],
    ['a callback that is no text', JSON.stringify(payload({ callbackId: 7 })), 'callbackId'],
    ['a NUL in its callback', JSON.stringify(payload({ callbackId: 'a\0b' })), 'callbackId'],
  ])('is refused with %s', (_, text, reason) => {
    expect(refused(text).reason).toContain(reason);
  });

  it('is refused, never thrown at, whatever bytes come', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((json) => new TextEncoder().encode(json)),
        ),
        (bytes) => {
          const parsed = parseCall(Buffer.from(bytes));
          return parsed.ok || parsed.reason.length > 0;
        },
      ),
    );
  });

  it('counts keys as the parser sees them: colons and braces in strings do not matter', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string({ minLength: 1 }).filter((key) => key !== '__proto__'),
          fc.string(),
        ),
        (properties) => {
          const parsed = parse(payload({ object: { objectId: 1, properties } }));
          return parsed.ok;
        },
      ),
    );
  });
});
