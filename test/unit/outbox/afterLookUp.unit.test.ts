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
  const { known, unknown } = afterLookUp(wanted, found, errors);
  const valueOf = ({ target }: Wanted) => target.by.value;
  return {
    known: known.map(valueOf),
    unknown: unknown.map((one) => [valueOf(one.wanted), one.failure.class]),
  };
};

describe('a look-up of several records', () => {
  it('takes what HubSpot leaves out, or says is not there, for absent', () => {
    const all = { known: ['a@x', 'b@x', 'c@x'], unknown: [] };
    expect(read([])).toEqual(all);
    expect(read([error('OBJECT_NOT_FOUND', 'b@x', 'c@x')])).toEqual(all);
    expect(read([error('OBJECT_NOT_FOUND')])).toEqual(all);
  });

  it('takes an error for no absence: what it names is not known', () => {
    expect(read([error('INTERNAL_ERROR', 'b@x')])).toEqual({
      known: ['a@x', 'c@x'],
      unknown: [['b@x', 'transient']],
    });
    expect(read([error('RATE_LIMITS', 'B@x'), error('OBJECT_NOT_FOUND', 'c@x')])).toEqual({
      known: ['a@x', 'c@x'],
      unknown: [['b@x', 'rate']],
    });
  });

  it('with an error that names none knows only what it shows', () => {
    expect(read([error('INTERNAL_ERROR')])).toEqual({
      known: ['a@x'],
      unknown: [
        ['b@x', 'transient'],
        ['c@x', 'transient'],
      ],
    });
  });
});
