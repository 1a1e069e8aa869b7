import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AppError } from '../../../src/errors.js';
import { accessTokenPlace, createSealing } from '../../../src/hubspot/sealing.js';
import { Secret } from '../../../src/secret.js';

const key = (id: string) => ({ id, key: new Secret(randomBytes(32).toString('base64')) });
const old = key('k1');
const current = key('k2');
const place = accessTokenPlace('7f9c1e2a-0000-4000-8000-000000000001', 42);

describe('sealing', () => {
  const sealing = createSealing([current, old]);

  it('opens what it sealed, and never seals the same value alike', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const [one, two] = [sealing.seal(text, place), sealing.seal(new Secret(text), place)];
        expect(one).not.toBe(two);
        expect(one).toMatch(/^v1\.k2\.[\w-]{16}\.[\w-]*\.[\w-]{22}$/);
        expect(sealing.open(one, place).reveal()).toBe(text);
        expect(sealing.open(two, place).reveal()).toBe(text);
      }),
    );
  });

  it('seals with the first key and opens with any, so that keys can be rotated', () => {
    const sealed = createSealing([old]).seal('token', place);
    expect(sealing.open(sealed, place).reveal()).toBe('token');
    expect(sealing.seal('token', place)).toMatch(/^v1\.k2\./);
  });

  it('names the key that is missing', () => {
    const sealed = sealing.seal('token', place);
    expect(() => createSealing([old]).open(sealed, place)).toThrow(/key "k2": add it to ENCRYPTION_KEYS/);
  });

  it('does not open a value in another place', () => {
    const sealed = sealing.seal('token', place);
    for (const elsewhere of [
      { ...place, workspaceId: 'w2' },
      { ...place, row: 43 },
      { ...place, column: 'refresh_token' },
      { ...place, table: 'portal' },
    ]) {
      expect(() => sealing.open(sealed, elsewhere)).toThrow(AppError);
    }
  });

  it('keeps places apart that would read alike when joined', () => {
    const sealed = sealing.seal('x', { workspaceId: 'a|b', table: 'c', row: 'd', column: 'e' });
    expect(() => sealing.open(sealed, { workspaceId: 'a', table: 'b|c', row: 'd', column: 'e' })).toThrow(
      AppError,
    );
  });

  it('notices any change, and never throws anything but an AppError', () => {
    const sealed = sealing.seal('token', place);
    fc.assert(
      fc.property(fc.nat(sealed.length - 1), fc.constantFrom(...'AZaz09-_.'), (at, letter) => {
        const changed = sealed.slice(0, at) + letter + sealed.slice(at + 1);
        // The last letters of base64 carry spare bits: what decodes to the same bytes is the same value.
        const same =
          changed
            .split('.')
            .map((part) => Buffer.from(part, 'base64url').toString('hex'))
            .join() ===
          sealed
            .split('.')
            .map((part) => Buffer.from(part, 'base64url').toString('hex'))
            .join();
        fc.pre(!same);
        expect(() => sealing.open(changed, place)).toThrow(AppError);
      }),
    );
    fc.assert(fc.property(fc.string(), (text) => expect(() => sealing.open(text, place)).toThrow(AppError)));
  });

  it('says nothing of the value in its errors', () => {
    const sealed = sealing.seal('canary-3141', place);
    try {
      sealing.open(sealed, { ...place, row: 1 });
      throw new Error('it opened');
    } catch (error) {
      expect(String(error)).toMatch(/not genuine/);
      expect(JSON.stringify(error) + String(error)).not.toContain('canary');
    }
  });
});
