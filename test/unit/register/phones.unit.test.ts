import { describe, expect, it } from '@jest/globals';
import { countryOfZone, phoneReader } from '../../../src/services/register/phones.js';

describe('a phone number', () => {
  it.each([
    ['Europe/Berlin', '030 1234567', '+49301234567'],
    ['Europe/Berlin', '+1 (212) 555-0123', '+12125550123'],
    ['America/New_York', '(212) 555-0123', '+12125550123'],
    ['US/Eastern', '212-555-0123', '+12125550123'],
    ['UTC', '+49 30 1234567', '+49301234567'],
  ])('is written as E.164, by the country of the clocks of its portal: %s, %s', (zone, text, expected) => {
    expect(phoneReader(zone)(text)).toBe(expected);
  });

  it.each([
    ['America/New_York', '123-456-7890'],
    ['UTC', '030 1234567'],
    ['Europe/Berlin', 'call me'],
    ['Europe/Berlin', '+49 30 1234567 ext. 5'],
    ['Europe/Berlin', ''],
    ['No/Where', '030 1234567'],
  ])('that is none, or says more than one does, is read by nobody: %s, %s', (zone, text) => {
    expect(phoneReader(zone)(text)).toBeUndefined();
  });

  it('has the country of its zone under each name of that', () => {
    expect([countryOfZone('Asia/Kolkata'), countryOfZone('Asia/Calcutta')]).toEqual(['IN', 'IN']);
    expect(countryOfZone('UTC')).toBeUndefined();
  });
});
