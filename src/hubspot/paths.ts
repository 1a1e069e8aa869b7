import type { Config } from '../config.js';
import type { BatchCallbackCompletion, CallbackCompletion } from './callbacks.js';

/*
 * Paths per API version. The version stands in a different place for each API (HUBSPOT §0), so this is a table and not a
 * prefix.
 */

export type ApiVersion = Config['HUBSPOT_API_VERSION'];
type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

interface Resource {
  method: Method;
  paths: Record<ApiVersion, string>;
}

export const RESOURCES = {
  /** Completes one blocked action. */
  completeCallback: {
    method: 'POST',
    paths: {
      '2026-03': '/automation/actions/callbacks/2026-03/{callbackId}/complete',
      '2026-09': '/automation/actions/callbacks/2026-09/{callbackId}/complete',
      v4: '/automation/v4/actions/callbacks/{callbackId}/complete',
    },
  },
  /** Completes up to 100 blocked actions, all or none. */
  completeCallbacks: {
    method: 'POST',
    paths: {
      '2026-03': '/automation/actions/callbacks/2026-03/complete',
      '2026-09': '/automation/actions/callbacks/2026-09/complete',
      v4: '/automation/v4/actions/callbacks/complete',
    },
  },
} as const satisfies Record<string, Resource>;

export type ResourceName = keyof typeof RESOURCES;

/** What is sent to each. */
export interface Bodies {
  completeCallback: CallbackCompletion;
  completeCallbacks: { inputs: readonly BatchCallbackCompletion[] };
}

type Placeholders<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;

/** The parameters that a resource's path asks for: `{ callbackId: string }`, or none. */
export type ParamsOf<R extends ResourceName> = Record<
  Placeholders<(typeof RESOURCES)[R]['paths'][ApiVersion]>,
  string | number
>;

/** Method and path of a resource. Parameters are percent-encoded; one that could climb out of its segment throws. */
export function pathOf(
  resource: ResourceName,
  version: ApiVersion,
  params: Readonly<Record<string, string | number>>,
): { method: Method; path: string } {
  const { method, paths }: Resource = RESOURCES[resource];
  return {
    method,
    path: paths[version].replace(/\{(\w+)\}/g, (_, name: string) => segment(name, params[name])),
  };
}

function segment(name: string, value: string | number | undefined): string {
  const text = value === undefined ? '' : String(value);
  if (text === '' || text === '.' || text === '..')
    throw new RangeError(`"${text}" cannot be the ${name} of a path`);
  return encodeURIComponent(text);
}
