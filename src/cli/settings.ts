import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { Secret } from '../platform/secret.js';
import { apiSourceOf, type ApiSource } from './apiSource.js';
import { contextOf, type Contexts } from './shell/contextsFile.js';
import type { ClientEnvironment } from './environment.js';
import { CliError } from './errors.js';

/** Where `npm start` notes what it has started. */
const STATE_FILE = path.join('.sluice', 'state.json');

type State = z.infer<typeof stateSchema>;
const stateSchema = z.object({
  apiUrl: z.string().optional(),
  apiKey: z.string().optional(),
  /** Of the `npm start` that noted the address. */
  pid: z.number().int().positive().optional(),
  temporalAddress: z.string().optional(),
  environment: z.record(z.string(), z.string()).optional(),
});

export interface Settings {
  readonly apiUrl: string;
  readonly apiKey: Secret | undefined;
  /** What says so. */
  readonly source: ApiSource;
  /** Where programs of this person keep what they remember. */
  readonly stateHome: string;
  readonly temporal: {
    readonly TEMPORAL_ADDRESS: string;
    readonly TEMPORAL_NAMESPACE: string;
    readonly TEMPORAL_API_KEY: Secret | undefined;
    readonly TEMPORAL_TLS: boolean;
  };
}

/**
 * The environment wins. Where it says nothing of an API, that is of the context that is named; else of what `npm start`
 * noted in this directory or one above; else of the context in use.
 */
export function readSettings(
  env: ClientEnvironment,
  cwd: string,
  contexts: () => Contexts = () => ({ current: null, contexts: {} }),
): Settings {
  const state = findState(cwd);
  const source = sourceOf(env, state, () => contexts().current);
  if (source.by === 'context')
    return {
      ...inContext(contexts(), source.name),
      source,
      stateHome: stateHomeOf(env),
      temporal: temporalOf(env, state),
    };
  if (env.SLUICE_CONTEXT !== undefined)
    throw new CliError(
      'SLUICE_API_URL or SLUICE_API_KEY is set, and a context is named: unset them, or name none',
      2,
    );
  const apiUrl = (env.SLUICE_API_URL ?? state.apiUrl ?? 'http://localhost:3000').replace(/\/$/, '');
  // The key of what runs here is not for another address.
  const noted = state.apiKey !== undefined && apiUrl === state.apiUrl ? new Secret(state.apiKey) : undefined;
  return {
    apiUrl,
    apiKey: env.SLUICE_API_KEY ?? noted,
    source,
    stateHome: stateHomeOf(env),
    temporal: temporalOf(env, state),
  };
}

function stateHomeOf({ XDG_STATE_HOME }: ClientEnvironment): string {
  return XDG_STATE_HOME ?? path.join(os.homedir(), '.local/state');
}

function temporalOf(env: ClientEnvironment, state: State): Settings['temporal'] {
  return {
    TEMPORAL_ADDRESS: env.TEMPORAL_ADDRESS ?? state.temporalAddress ?? '127.0.0.1:7233',
    TEMPORAL_NAMESPACE: env.TEMPORAL_NAMESPACE,
    TEMPORAL_API_KEY: env.TEMPORAL_API_KEY,
    TEMPORAL_TLS: env.TEMPORAL_TLS,
  };
}

/** What says which API is asked by a command in this directory. */
export function readSource(env: ClientEnvironment, cwd: string, current: () => string | null): ApiSource {
  return sourceOf(env, findState(cwd), current);
}

function sourceOf(env: ClientEnvironment, state: State, current: () => string | null): ApiSource {
  return apiSourceOf(env, state.apiUrl !== undefined, current);
}

/** The key of a context is for its own address alone. */
function inContext(noted: Contexts, name: string): Pick<Settings, 'apiUrl' | 'apiKey'> {
  const { url, key } = contextOf(noted, name);
  return { apiUrl: url, apiKey: new Secret(key) };
}

/** What the service that `npm start` runs here has in its environment; none where nothing was started. */
export function notedEnvironment(cwd: string): Readonly<Record<string, string>> {
  return findState(cwd).environment ?? {};
}

function findState(from: string): State {
  for (let directory = path.resolve(from); ; directory = path.dirname(directory)) {
    const state = readState(path.join(directory, STATE_FILE));
    if (state) return isRunning(state) ? state : { ...state, apiUrl: undefined };
    if (directory === path.dirname(directory)) return {};
  }
}

/** A run that was killed could not take back what it had noted. */
function isRunning({ pid }: State): boolean {
  if (pid === undefined) return true;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // it is another person's
  }
}

/** Undefined when there is no such file, or when it is not what it should be: then the environment has to say. */
function readState(file: string): State | undefined {
  try {
    return stateSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}
