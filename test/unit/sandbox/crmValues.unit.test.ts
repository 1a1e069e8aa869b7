import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  blankProperty,
  builtInProperties,
  type PropertyType,
} from '../../../sandbox/crm/propertyDefinitions.js';
import { ALL_TYPES, OBJECT_TYPES, typeNamed } from '../../../sandbox/crm/objectTypes.js';
import { readValue } from '../../../sandbox/crm/values.js';

const of = (type: PropertyType) => blankProperty('p', type, 'g');
const stored = (type: PropertyType, sent: unknown) => {
  const read = readValue(of(type), sent);
  return read.ok ? read.value : read.code;
};

describe('a value', () => {
  it.each<[PropertyType, unknown, string]>([
    ['number', ' 12.50 ', '12.50'],
    ['number', -3e2, '-300'],
    ['number', '1,000', 'INVALID_INTEGER'],
    ['number', '0x10', 'INVALID_INTEGER'],
    ['bool', true, 'true'],
    ['bool', 'TRUE', 'true'],
    ['bool', 'yes', 'INVALID_OPTION'],
    ['datetime', '1790000000000', '2026-09-21T14:13:20.000Z'],
    ['datetime', '2026-10-01T02:00:00+02:00', '2026-10-01T00:00:00.000Z'],
    ['datetime', '2026-10-01', '2026-10-01T00:00:00.000Z'],
    ['datetime', '2026-10-01T00:00', 'INVALID_LONG'],
    ['date', '2026-10-01T00:00:00Z', '2026-10-01'],
    ['date', '2026-10-01T01:00:00Z', 'INVALID_DATE'],
    ['string', 12, '12'],
    ['string', {}, 'INVALID_STRING'],
    ['string', 'x'.repeat(65_537), 'PROPERTY_VALUE_TOO_LONG'],
    ['string', null, ''],
  ])('of type %s sent as %j is kept as %s', (type, sent, expected) => {
    expect(stored(type, sent)).toBe(expected);
  });

  it.each([
    ['Anna@Example.COM', 'anna@example.com'],
    ['anna@example.con', 'INVALID_EMAIL'],
    ['anna@example.cmo', 'INVALID_EMAIL'],
    ['anna@example.contact', 'anna@example.contact'],
    ['anna@', 'INVALID_EMAIL'],
  ])(
    'that is an address is kept in small letters, and refused where its domain cannot be: %s',
    (sent, expected) => {
      const email = builtInProperties(typeNamed('contacts')!).find(({ name }) => name === 'email')!;
      const read = readValue(email, sent);
      expect(read.ok ? read.value : read.code).toBe(expected);
    },
  );

  it('of a time before the year 0 or after 9999 is refused: its answer could not be sent again', () => {
    for (const text of ['-2251059499606136', '253402300800000'])
      expect(readValue(of('datetime'), text)).toMatchObject({ ok: false });
  });

  it('that was answered can be sent again, and stays the same', () => {
    const types = fc.constantFrom<PropertyType>('number', 'date', 'datetime', 'bool', 'string');
    const texts = fc.oneof(
      fc.integer().map(String),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      fc.string(),
    );
    fc.assert(
      fc.property(types, texts, (type, text) => {
        const read = readValue(of(type), text);
        fc.pre(read.ok);
        expect(readValue(of(type), read.ok ? read.value : '')).toEqual(read);
      }),
    );
  });
});

describe('a type of records', () => {
  it('has every property that its answers show and its search reads', () => {
    for (const type of ALL_TYPES) {
      const names = builtInProperties(type).map(({ name }) => name);
      const needed = [
        ...type.shown,
        ...type.searched,
        ...type.uniqueNames,
        type.createdName,
        type.modifiedName,
      ];
      expect(names).toEqual(expect.arrayContaining(needed));
      expect(new Set(names).size).toBe(names.length);
    }
  });

  it('is known by its number and by both of its names', () => {
    for (const name of ['0-3', 'deals', 'deal', 'Deals']) expect(typeNamed(name)).toBe(OBJECT_TYPES.deals);
    expect(typeNamed('constructor')).toBeUndefined();
  });
});
