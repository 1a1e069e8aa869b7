import { describe, expect, it } from '@jest/globals';
import { afterLookUp } from '../../../src/services/outbox/delivery/afterLookUp.js';
import type { Wanted } from '../../../src/services/outbox/delivery/recordCache.js';

const wanted = ['a@x', 'b@x', 'c@x'].map((value): Wanted => ({
  target: { objectType: 'contacts', by: { property: 'email', value } },
  rows: [],
}));
const found = [{ id: '1', properties: { email: 'A@x' } }] as never;
const error = (category: string, ...ids: string[]) => ({ category, message: 'no', ids });
const read = (errors: Parameters<typeof afterLookUp>[2]) => {
  const { known, unknown, passedOver } = afterLookUp(wanted, found, errors);
  const valueOf = ({ target }: Wanted) => target.by.value;
  return {
    known: known.map(valueOf),
    passedOver: passedOver.map(valueOf),
    unknown: unknown.map((one) => [valueOf(one.wanted), one.failure.class]),
  };
};

describe('a look-up of several records', () => {
  it('takes what HubSpot says is not there for absent, and notes what it only passes over', () => {
    const all = { known: ['a@x', 'b@x', 'c@x'], passedOver: [] as string[], unknown: [] };
    expect(read([])).toEqual({ ...all, passedOver: ['b@x', 'c@x'] });
    expect(read([error('OBJECT_NOT_FOUND', 'b@x')])).toEqual({ ...all, passedOver: ['c@x'] });
    expect(read([error('OBJECT_NOT_FOUND', 'b@x', 'c@x')])).toEqual(all);
    expect(read([error('OBJECT_NOT_FOUND')])).toEqual(all);
  });

  it('takes an error for no absence: what it names is not known', () => {
    expect(read([error('INTERNAL_ERROR', 'b@x')])).toEqual({
      known: ['a@x', 'c@x'],
      passedOver: ['c@x'],
      unknown: [['b@x', 'transient']],
    });
    expect(read([error('RATE_LIMITS', 'B@x'), error('OBJECT_NOT_FOUND', 'c@x')])).toEqual({
      known: ['a@x', 'c@x'],
      passedOver: [],
      unknown: [['b@x', 'rate']],
    });
  });

  it('with an error that names none knows only what it shows', () => {
    expect(read([error('INTERNAL_ERROR')])).toEqual({
      known: ['a@x'],
      passedOver: [],
      unknown: [
        ['b@x', 'transient'],
        ['c@x', 'transient'],
      ],
    });
  });
});
