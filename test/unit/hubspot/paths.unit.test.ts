import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  pathOf,
  RESOURCES,
  templateOf,
  type ApiVersions,
  type ResourceName,
} from '../../../src/hubspot/wire/paths.js';

const NAMES = Object.keys(RESOURCES) as ResourceName[];
const VERSIONS = ['2026-03', '2026-09', 'v4'] as const;

function asked(
  version: (typeof VERSIONS)[number],
  others: ApiVersions['HUBSPOT_API_VERSIONS'] = {},
): ApiVersions {
  return { HUBSPOT_API_VERSION: version, HUBSPOT_API_VERSIONS: others };
}

describe('paths', () => {
  // docs/hubspot.md#versions-and-paths: the version stands in a different place for each API.
  it.each([
    [
      'completeCallbacks',
      '/automation/actions/callbacks/2026-09/complete',
      '/automation/v4/actions/callbacks/complete',
    ],
    [
      'completeCallback',
      '/automation/actions/callbacks/2026-09/{callbackId}/complete',
      '/automation/v4/actions/callbacks/{callbackId}/complete',
    ],
    ['readObject', '/crm/objects/2026-09/{objectType}/{objectId}', '/crm/v3/objects/{objectType}/{objectId}'],
    [
      'readAssociations',
      '/crm/associations/2026-09/{fromType}/{toType}/batch/read',
      '/crm/v4/associations/{fromType}/{toType}/batch/read',
    ],
    [
      'listAssociations',
      '/crm/objects/2026-09/{objectType}/{objectId}/associations/{toType}',
      '/crm/v4/objects/{objectType}/{objectId}/associations/{toType}',
    ],
    ['readProperty', '/crm/properties/2026-09/{objectType}/{name}', '/crm/v3/properties/{objectType}/{name}'],
    ['listOwners', '/crm/owners/2026-09', '/crm/v3/owners'],
    ['listPipelines', '/crm/pipelines/2026-09/{objectType}', '/crm/v3/pipelines/{objectType}'],
    ['listSchemas', '/crm-object-schemas/2026-09/schemas', '/crm-object-schemas/v3/schemas'],
    ['readAccount', '/account-info/2026-09/details', '/account-info/v3/details'],
    ['uninstall', '/appinstalls/2026-09/external-install', '/appinstalls/v3/external-install'],
    ['sendEvent', '/events/2026-09/send', '/events/v3/send'],
    ['createTimelineEvent', '/integrators/timeline/2026-03/events', '/integrators/timeline/v3/events'],
  ] as const)('of %s have the version where HubSpot has it', (name, dated, undated) => {
    expect(templateOf(name, asked('2026-09'))).toBe(dated);
    expect(templateOf(name, asked('v4'))).toBe(undated);
  });

  it('may be of another version for one API', () => {
    const versions = asked('2026-03', { associations: '2026-09', events: 'v4' });
    expect(templateOf('readAssociations', versions)).toContain('/2026-09/');
    expect(templateOf('listAssociations', versions)).toContain('/2026-09/');
    expect(templateOf('sendEvent', versions)).toBe('/events/v3/send');
    expect(templateOf('readObject', versions)).toContain('/2026-03/');
  });

  it('carry their query: lists with commas, nothing for what is empty', () => {
    const { path } = pathOf(
      'listObjects',
      asked('2026-03'),
      { objectType: 'contacts' },
      { limit: 100, after: undefined, properties: ['email', 'phone'], associations: [], archived: false },
    );
    expect(path).toBe('/crm/objects/2026-03/contacts?limit=100&properties=email%2Cphone&archived=false');
  });

  it('never let a parameter out of its segment', () => {
    const value = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter((text) => text !== '.' && text !== '..');
    fc.assert(
      fc.property(fc.constantFrom(...VERSIONS), value, (version, callbackId) => {
        const { path } = pathOf('completeCallback', asked(version), { callbackId });
        const expected = pathOf('completeCallback', asked(version), { callbackId: 'x' }).path;
        expect(new URL(path, 'https://api.hubapi.com').pathname).toBe(path);
        expect(path.split('/')).toHaveLength(expected.split('/').length);
        expect(decodeURIComponent(path.split('/').at(-2) ?? '')).toBe(callbackId);
      }),
    );
    for (const callbackId of ['', '.', '..'])
      expect(() => pathOf('completeCallback', asked('v4'), { callbackId })).toThrow(RangeError);
  });

  it('ask for the same parameters in every version', () => {
    const parameters = (path: string) => [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).toSorted();
    for (const name of NAMES) {
      const expected = parameters(RESOURCES[name].undated);
      for (const version of VERSIONS) {
        const template = templateOf(name, asked(version));
        expect(template).toMatch(/^\/[\w/{}-]+$/);
        expect(parameters(template)).toEqual(expected);
      }
    }
  });

  it('count under the limit that HubSpot counts them under', () => {
    const of = (bucket: string) => NAMES.filter((name) => RESOURCES[name].bucket === bucket);
    expect(of('search')).toEqual(['searchObjects']);
    expect(of('associations').every((name) => RESOURCES[name].dated.includes('/batch/'))).toBe(true);
    expect(of('none')).toEqual(['sendEvent', 'sendEvents']);
  });
});
