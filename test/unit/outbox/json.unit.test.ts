import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { encodePayload, MAX_PAYLOAD_BYTES } from '../../../src/sdk/outbox/json.js';

const decoded = (payload: unknown) => {
  const { json, problem } = encodePayload(payload);
  return { value: JSON.parse(json), problem };
};

describe('encodePayload', () => {
  it('writes what JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(decoded({ value })).toEqual({
          value: JSON.parse(JSON.stringify({ value })),
          problem: undefined,
        });
      }),
    );
  });

  it('neither throws nor exceeds the limit, whatever it gets', () => {
    fc.assert(
      fc.property(
        fc.anything({
          withBigInt: true,
          withDate: true,
          withMap: true,
          withSet: true,
          withNullPrototype: true,
          withSparseArray: true,
          withTypedArray: true,
          withObjectString: true,
        }),
        (payload) => {
          const { json } = encodePayload(payload);
          expect(() => JSON.parse(json) as unknown).not.toThrow();
          expect(Buffer.byteLength(json)).toBeLessThanOrEqual(MAX_PAYLOAD_BYTES);
        },
      ),
    );
  });

  it('takes dates, BigInts and undefined as one would expect', () => {
    const payload = {
      at: new Date(0),
      big: 12345678901234567890n,
      none: undefined,
      list: [undefined, 1],
      f: () => 1,
    };
    expect(decoded(payload)).toEqual({
      value: { at: '1970-01-01T00:00:00.000Z', big: '12345678901234567890', list: [null, 1] },
      problem: undefined,
    });
  });

  it('names cycles, depth, what is no number and what is no date', () => {
    const cycle: Record<string, unknown> = { a: 1 };
    cycle['self'] = cycle;
    expect(decoded(cycle)).toEqual({
      value: { a: 1, self: '[contains itself]' },
      problem: 'self contains itself',
    });
    let deep: object = {};
    for (let level = 0; level < 10_000; level += 1) deep = { deep };
    expect(decoded(deep).problem).toBe('the payload is deeper than 32 levels');
    expect(decoded({ n: Number.NaN }).problem).toBe('n is not a number');
    expect(decoded({ d: new Date(Number.NaN) }).problem).toBe('d is not a date');
    expect(decoded(undefined).problem).toBe('there is no payload');
    const shared = { x: 1 };
    expect(decoded({ a: shared, b: shared }).problem).toBeUndefined();
  });

  it('keeps the short fields of a payload that is too large, and does not walk it to the end', () => {
    let read = 0;
    const endless = new Proxy([] as string[], {
      get: (target, key) =>
        key === 'length'
          ? 1e9
          : typeof key === 'string' && /^\d+$/.test(key)
            ? ((read += 1), 'x'.repeat(100))
            : Reflect.get(target, key),
    });
    const { value, problem } = decoded({ driverId: 'd-1', long: 'x'.repeat(200), endless });
    expect(value).toEqual({ driverId: 'd-1' });
    expect(problem).toContain('larger than 64 KiB');
    expect(read).toBeLessThan(2000);
    expect(decoded({ text: 'ü'.repeat(40_000) }).problem).toContain('larger than 64 KiB');
  });

  it('replaces what Postgres cannot store', () => {
    expect(decoded({ text: 'a\u0000b\ud800c' }).value).toEqual({ text: 'a\ufffdb\ufffdc' });
  });

  it('survives getters that throw', () => {
    const hostile = Object.defineProperty({}, 'x', {
      enumerable: true,
      get() {
        throw new Error('SECRET');
      },
    });
    expect(encodePayload(hostile)).toEqual({
      json: '{}',
      problem: 'the payload could not be read: one of its properties throws',
    });
  });
});
