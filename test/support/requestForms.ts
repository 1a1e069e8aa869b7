import { expect } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { GatewayRequest } from '../../src/hubspot/gateway/gateway.js';
import { pathOf, RESOURCES } from '../../src/hubspot/wire/paths.js';
import { REQUESTS_NOT_DESCRIBED, unexpected } from './notDescribed.js';
import type { HubSpotDescription } from './openapiAnswers.js';

/* What code asks HubSpot, in each form that it asks it in, against HubSpot's own description. */

const VERSIONS = { HUBSPOT_API_VERSION: '2026-03', HUBSPOT_API_VERSIONS: {} } as const;

/** One request of each form. */
export class RequestForms {
  private readonly forms = new Map<string, GatewayRequest>();

  note(request: GatewayRequest): void {
    const form = formOf(request);
    if (!this.forms.has(form)) this.forms.set(form, request);
  }

  /** What was asked for, and by which parts: `readObjects(archived=true) inputs id`. */
  get names(): string[] {
    return [...this.forms.keys()];
  }

  get resources(): string[] {
    return [...new Set([...this.forms.values()].map(({ resource }) => resource))].sort();
  }

  /** What HubSpot's description has against them, beside what is known to differ. */
  problems(hubspot: HubSpotDescription): string[] {
    return [...this.forms].flatMap(([form, { resource, params, query, body }]) => {
      if (resource in REQUESTS_NOT_DESCRIBED) return [];
      const { method, path: url } = pathOf(resource, VERSIONS, params ?? {}, query);
      const request = { method, url, body, contentType: 'application/json' };
      const exempt = hubspot.exemptions(request).includes('ten-secondly');
      return [
        ...unexpected(hubspot.request(request)),
        ...(exempt === (RESOURCES[resource].bucket !== 'ten_secondly')
          ? []
          : ['it counts under another limit']),
      ].map((problem) => `${form}: ${problem}`);
    });
  }
}

function formOf({ resource, query = {}, body }: GatewayRequest): string {
  const asked = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [typeof value === 'boolean' ? `${name}=${value}` : name],
  );
  return `${resource}(${asked.sort().join(' ')}) ${partsOf(body).join(' ')}`.trim();
}

/** The names in a body, and what its filters and sorts go by. */
function partsOf(value: unknown): string[] {
  if (Array.isArray(value)) return [...new Set(value.slice(0, 100).flatMap(partsOf))];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, part]) =>
    ['operator', 'direction'].includes(name) ? [String(part)] : [name, ...partsOf(part)],
  );
}

/** The resources that files of `src` name in requests. */
export function resourcesNamedIn(places: readonly string[]): string[] {
  const root = path.resolve(import.meta.dirname, '../..');
  const named = places.flatMap((place) => {
    const files = place.endsWith('.ts')
      ? [place]
      : readdirSync(path.join(root, place), { recursive: true, encoding: 'utf8' })
          .filter((name) => name.endsWith('.ts'))
          .map((name) => path.join(place, name));
    expect(files).not.toEqual([]);
    return files.flatMap((name) => [
      ...readFileSync(path.join(root, name), 'utf8').matchAll(/\bresource(?:: | === )'(\w+)'/g),
    ]);
  });
  return [...new Set(named.map(([, name]) => name ?? ''))].filter((name) => name in RESOURCES).sort();
}
