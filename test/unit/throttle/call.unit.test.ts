import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ACTION_OPERATIONS } from '../../../src/api/throttle/actionOperation.js';
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

const stringify = (value: unknown): string | undefined => {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined; // a BigInt
  }
};
function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

describe('an action call', () => {
  it('waits in the lane of its workflow and step, with the rate of its input fields', () => {
    expect(understood(payload())).toMatchObject({
      lane: { portalId: 26816943, key: 'step:713617349/7', queue: null, actionId: '33540407' },
      objectId: '7192748760',
      input: { rate: { limit: 50, intervalMs: 5000 }, note: null },
    });
  });

  it('is taken with what its fields ask for when many wait, and without it where they cannot be read', () => {
    const full = (max_waiting: unknown, when_full: unknown) =>
      understood(payload({ inputFields: { max_waiting, when_full } }));
    expect(full('20', 'skip')).toMatchObject({ asked: { maxWaiting: 20, whenFull: 'skip' }, problem: null });
    expect(full({ many: true }, 'skip')).toMatchObject({
      asked: null,
      problem: expect.stringContaining('max_waiting'),
    });
    expect(understood(payload())).toMatchObject({ asked: null, problem: null });
  });

  it('waits in the named queue that its input fields name, whatever the workflow', () => {
    expect(understood(payload({ inputFields: { queue: ' partners ' } })).lane).toMatchObject({
      key: 'queue:partners',
      queue: 'partners',
    });
  });

  it('tells steps apart by their callbacks where HubSpot sends no step', () => {
    const step = (n: number) => ({
      callbackId: `ap-26816943-100456362982-${n}-0`,
      context: { source: 'WORKFLOWS', workflowId: 5 },
    });
    expect([1, 7, 1].map((n) => understood(payload(step(n))).lane)).toMatchObject([
      { key: 'step:5/~1', sharedBySteps: false },
      { key: 'step:5/~7', sharedBySteps: false },
      { key: 'step:5/~1', sharedBySteps: false },
    ]);
  });

  it('shares the lane of its action where nothing tells steps apart, and that of its source where there is no workflow', () => {
    const context = { source: 'WORKFLOWS', workflowId: 5 };
    expect(understood(payload({ callbackId: 'some-other-form', context })).lane).toMatchObject({
      key: 'step:5/33540407',
      sharedBySteps: true,
    });
    expect(understood(payload({ context: { source: 'WORKFLOWS', actionId: 7 } })).lane).toMatchObject({
      key: 'step:unknown/7',
      sharedBySteps: true,
    });
    expect(understood(payload({ context: { source: 'AGENTS' } })).lane).toMatchObject({
      key: 'step:AGENTS/33540407',
      sharedBySteps: true,
    });
    expect(understood(payload({ context: { source: 'TEST' } })).lane.sharedBySteps).toBe(false);
  });

  it('is understood whatever is null or foreign in it but its callback and its portal: refused, it would go on unthrottled', () => {
    const odd = fc.oneof(fc.constant(null), fc.anything({ withNullPrototype: false }), fc.json());
    const field = (...path: string[]) => fc.tuple(fc.constant(path), odd);
    const fields = fc.oneof(
      fc.tuple(fc.constant(['origin']), fc.constant(null)),
      fc.tuple(fc.constant(['origin', 'portalId']), fc.constant(null)),
      field('origin', 'actionDefinitionId'),
      field('origin', 'actionDefinitionVersion'),
      field('context'),
      field('context', 'source'),
      field('context', 'workflowId'),
      field('context', 'actionId'),
      field('object'),
      field('object', 'objectId'),
      field('object', 'properties'),
      field('inputFields'),
      field('inputFields', 'queue'),
      field('fields'),
    );
    const holds = (json: unknown) => !JSON.stringify(json)?.includes('__proto__');
    fc.assert(
      fc.property(fc.array(fields, { maxLength: 5 }), (changes) => {
        const value: Record<string, unknown> = structuredClone(payload());
        for (const [[first = '', second], to] of changes) {
          const json: unknown = JSON.parse(stringify(to) ?? 'null');
          if (!holds(json) || depthOf(json) > 20) continue;
          const within = value[first];
          if (second === undefined) value[first] = json;
          else if (typeof within === 'object' && within !== null) Object.assign(within, { [second]: json });
        }
        expect(understood(value).lane.portalId).toBe(26816943);
      }),
    );
  });

  it('keeps the ids of its record, workflow and step, of any length: none becomes that of another', () => {
    const long = (last: number) =>
      understood(
        JSON.stringify(
          payload({
            object: { objectId: '@1' },
            context: { source: 'WORKFLOWS', workflowId: '@2', actionId: '@3' },
          }),
        ).replace(/"@(\d)"/g, `900719925474099$1${last}`),
      );
    expect(long(1)).toMatchObject({
      objectId: '90071992547409911',
      lane: { key: 'step:90071992547409921/90071992547409931', sharedBySteps: false },
    });
    expect(long(2).lane.key).toBe('step:90071992547409922/90071992547409932');
    const queue = (digits: string) =>
      understood(JSON.stringify(payload({ inputFields: { queue: '@' } })).replace('"@"', digits)).lane.key;
    expect(queue('9007199254740993')).toBe('queue:9007199254740993');
    const amount = payload({ object: { objectId: 7, properties: { amount: '@' } } });
    expect(understood(JSON.stringify(amount).replace('"@"', '12345678901234.567891')).objectId).toBe('7');
  });

  it('is understood with a mark of the byte order before it, which says nothing', () => {
    const text = JSON.stringify(payload());
    expect(understood(`\u{feff}${text}`)).toEqual(understood(text));
    expect(refused(`\u{feff}\u{feff}${text}`).reason).toBe('The body is not JSON');
  });

  it('is understood with any number of properties of its record', () => {
    const properties = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, i) => [`own_property_${i}`, null]),
    );
    expect(understood(payload({ object: { objectId: 1, properties } })).objectId).toBe('1');
  });

  it('reads the legacy twin `fields` where `inputFields` is missing, and lives without either and without an object', () => {
    expect(understood(payload({ inputFields: undefined })).input.rate).toEqual({
      limit: 50,
      intervalMs: 5000,
    });
    expect(understood(payload({ inputFields: undefined, fields: undefined, object: null })).input).toEqual({
      rate: null,
      note: null,
      spread: null,
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
      'a portal that is no number',
      JSON.stringify(payload({ origin: { portalId: 'x', actionDefinitionId: 1 } })),
      'origin.portalId',
    ],
    ['a callback that is no text', JSON.stringify(payload({ callbackId: 7 })), 'callbackId'],
    ['a NUL in its callback', JSON.stringify(payload({ callbackId: 'a\0b' })), 'callbackId'],
  ])('is refused with %s', (_, text, reason) => {
    expect(refused(text).reason).toContain(reason);
  });

  it('is understood as the document shows it', () => {
    expect(understood(ACTION_OPERATIONS[0]?.example?.body)).toMatchObject({
      callbackId: 'ap-41000009-1-1-0',
      lane: { portalId: 41_000_009, queue: 'mail' },
    });
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
