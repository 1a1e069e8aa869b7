import { describe, expect, it } from '@jest/globals';
import { createPlaces } from '../../../src/platform/places.js';

describe('places', () => {
  it('are so many of a key, and so many of all; one that is left is free again', () => {
    const places = createPlaces<string>({ ofKey: 2, ofAll: 3 });
    const first = places.take('a');
    expect(places.take('a')).toBeInstanceOf(Function);
    expect([places.areFull('a'), places.take('a')]).toEqual([true, undefined]);
    expect(places.take('b')).toBeInstanceOf(Function);
    expect([places.areFull('b'), places.take('b')]).toEqual([true, undefined]);
    first?.();
    expect(places.areFull('b')).toBe(false);
    expect(places.take('b')).toBeInstanceOf(Function);
    expect(places.take('a')).toBeUndefined();
  });
});
