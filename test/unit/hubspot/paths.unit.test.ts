import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { pathOf, RESOURCES, type ApiVersion, type ResourceName } from '../../../src/hubspot/paths.js';

const VERSIONS: readonly ApiVersion[] = ['2026-03', '2026-09', 'v4'];
const NAMES = Object.keys(RESOURCES) as ResourceName[];

describe('paths', () => {
  it.each([
    [
      '2026-03',
      '/automation/actions/callbacks/2026-03/complete',
      '/automation/actions/callbacks/2026-03/ap-1-2-1-0/complete',
    ],
    [
      '2026-09',
      '/automation/actions/callbacks/2026-09/complete',
      '/automation/actions/callbacks/2026-09/ap-1-2-1-0/complete',
    ],
    [
      'v4',
      '/automation/v4/actions/callbacks/complete',
      '/automation/v4/actions/callbacks/ap-1-2-1-0/complete',
    ],
  ] as const)('puts version %s where HubSpot has it', (version, batch, single) => {
    expect(pathOf('completeCallbacks', version, {})).toEqual({ method: 'POST', path: batch });
    expect(pathOf('completeCallback', version, { callbackId: 'ap-1-2-1-0' })).toEqual({
      method: 'POST',
      path: single,
    });
  });

  it('never lets a parameter out of its segment', () => {
    const value = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter((text) => text !== '.' && text !== '..');
    fc.assert(
      fc.property(fc.constantFrom(...VERSIONS), value, (version, callbackId) => {
        const { path } = pathOf('completeCallback', version, { callbackId });
        const expected = pathOf('completeCallback', version, { callbackId: 'x' }).path;
        expect(new URL(path, 'https://api.hubapi.com').pathname).toBe(path);
        expect(path.split('/')).toHaveLength(expected.split('/').length);
        expect(decodeURIComponent(path.split('/').at(-2) ?? '')).toBe(callbackId);
      }),
    );
    for (const callbackId of ['', '.', '..'])
      expect(() => pathOf('completeCallback', 'v4', { callbackId })).toThrow(RangeError);
  });

  it('has every resource for every version', () => {
    for (const name of NAMES)
      for (const version of VERSIONS) expect(RESOURCES[name].paths[version]).toMatch(/^\/[\w/{}-]+$/);
  });
});
