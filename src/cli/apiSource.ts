import type { ClientEnvironment } from './environment.js';

/*
 * What says which API a command asks, and what a person does about it: who has put the address into a context is not
 * told to look at a variable.
 */

/** The first of these that says something; `login`: the API that is being noted. */
export type ApiSource =
  | { readonly by: 'environment' | 'start' | 'nothing' | 'login' }
  | { readonly by: 'context'; readonly name: string };

/** `runsHere`: `npm start` does, in this folder or one above. `current`: the context in use. */
export function apiSourceOf(
  env: ClientEnvironment,
  runsHere: boolean,
  current: () => string | null,
): ApiSource {
  if (env.SLUICE_API_URL !== undefined || env.SLUICE_API_KEY !== undefined) return { by: 'environment' };
  if (env.SLUICE_CONTEXT !== undefined) return { by: 'context', name: env.SLUICE_CONTEXT };
  if (runsHere) return { by: 'start' };
  const name = current();
  return name === null ? { by: 'nothing' } : { by: 'context', name };
}

/** What to do where there is no key, where it is not valid, where nobody answers, and where it is not Sluice. */
interface Advice {
  readonly noKey: string;
  readonly otherKey: string;
  readonly unreachable: string;
  readonly otherUrl: string;
}

const OF_ENVIRONMENT: Advice = {
  noKey: 'set SLUICE_API_KEY (`npm run setup` prints one)',
  otherKey: 'set SLUICE_API_KEY to a key of this API',
  unreachable: 'start it (`npm start`), or set SLUICE_API_URL',
  otherUrl: 'check SLUICE_API_URL',
};

export function adviceFor(source: ApiSource): Advice {
  switch (source.by) {
    case 'environment':
      return OF_ENVIRONMENT;
    case 'context': {
      const login = `sluice login --name ${source.name}`;
      const otherKey = `\`${login}\` takes another key`;
      return {
        ...{ noKey: otherKey, otherKey },
        unreachable: `see that it runs; \`${login} --url …\` notes another address`,
        otherUrl: `\`${login} --url …\` notes another address`,
      };
    }
    case 'start':
      return {
        ...{
          noKey: OF_ENVIRONMENT.noKey,
          otherKey: 'end `npm start`, which has noted it, and start it again',
        },
        unreachable: 'see what `npm start`, which has noted this address, says of it',
        otherUrl: 'end `npm start`, which has noted this address, and start it again',
      };
    case 'nothing':
      return {
        noKey: '`sluice login` notes one, or set SLUICE_API_KEY (`npm run setup` prints one)',
        otherKey: '`sluice login` notes another, or set SLUICE_API_KEY to a key of this API',
        unreachable: 'start it (`npm start`), or say which with `sluice login` or SLUICE_API_URL',
        otherUrl: 'say which API with `sluice login` or SLUICE_API_URL',
      };
    case 'login':
      return {
        ...{ noKey: 'type one', otherKey: 'type another' },
        unreachable: 'see that it runs, and check --url',
        otherUrl: 'check --url',
      };
  }
}

/** What comes before this context in what is asked here; undefined: nothing does, it is in use. */
export function whatComesFirst(source: ApiSource, name: string): string | undefined {
  switch (source.by) {
    case 'environment':
      return 'SLUICE_API_URL or SLUICE_API_KEY is set, which comes first: unset them';
    case 'start':
      return `what \`npm start\` runs here comes first: --context ${name} asks this one`;
    case 'context':
      return source.name === name ? undefined : `SLUICE_CONTEXT names ${source.name}, which comes first`;
    case 'nothing':
    case 'login':
      return undefined;
  }
}
