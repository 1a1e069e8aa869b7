/*
 * A project of HubSpot's developer platform around the actions of a Sluice: what its files are, and what one that is
 * there already lacks (docs/hubspot.md#custom-workflow-actions).
 */

/** The variable of a profile in which the origin stands, so that one project serves several installations. */
export const ORIGIN_VARIABLE = 'SLUICE_URL';
/** What stands in the files for the origin. */
export const ORIGIN_IN_FILES = `\${${ORIGIN_VARIABLE}}`;

/** The oldest that has all of it, and is no beta. */
export const PLATFORM_VERSION = '2026.03';

export interface AppNeeds {
  readonly redirectUrl: string;
  readonly requiredScopes: readonly string[];
  readonly optionalScopes: readonly string[];
}

/** `hsproject.json`. */
export function projectFile(name: string): object {
  return { name, srcDir: 'src', platformVersion: PLATFORM_VERSION };
}

/** `src/app/app-hsmeta.json` of a new project: an app for the accounts that are named at HubSpot. */
export function appFile(name: string, { redirectUrl, requiredScopes, optionalScopes }: AppNeeds): object {
  return {
    ...{ uid: 'sluice_app', type: 'app' },
    config: {
      ...{
        name,
        description: 'Workflow actions that wait for their turn and lose nothing',
        distribution: 'private',
      },
      auth: {
        ...{ type: 'oauth', redirectUrls: [redirectUrl] },
        ...{ requiredScopes, optionalScopes, conditionallyRequiredScopes: [] },
      },
      permittedUrls: { fetch: [], iframe: [], img: [] },
    },
  };
}

/** `src/hsprofile.<name>.json`. */
export function profileFile(accountId: number, origin: string): object {
  return { accountId, variables: { [ORIGIN_VARIABLE]: origin } };
}

/** What an app lacks that somebody else wrote, in words; it is theirs to mend. */
export function lacksOfApp(
  file: unknown,
  { redirectUrl, requiredScopes, optionalScopes }: AppNeeds,
): string[] {
  const auth = at(at(file, 'config'), 'auth');
  if (at(auth, 'type') !== 'oauth')
    return ['config.auth.type is not oauth, and people install the app by OAuth'];
  const urls = texts(at(auth, 'redirectUrls'));
  const required = texts(at(auth, 'requiredScopes'));
  const others = [...texts(at(auth, 'optionalScopes')), ...texts(at(auth, 'conditionallyRequiredScopes'))];
  const missing = requiredScopes.filter((scope) => !required.includes(scope) && !others.includes(scope));
  const missingOptional = optionalScopes.filter((scope) => ![...required, ...others].includes(scope));
  return [
    ...(urls.includes(redirectUrl) ? [] : [`config.auth.redirectUrls lacks ${redirectUrl}`]),
    ...(missing.length > 0 ? [`config.auth.requiredScopes lacks ${missing.join(', ')}`] : []),
    ...(missingOptional.length > 0 ? [`config.auth.optionalScopes lacks ${missingOptional.join(', ')}`] : []),
  ];
}

/** The same of a profile. */
export function lacksOfProfile(file: unknown, origin: string): string[] {
  const said = at(at(file, 'variables'), ORIGIN_VARIABLE);
  if (said === origin) return [];
  return [
    typeof said === 'string'
      ? `variables.${ORIGIN_VARIABLE} is ${said}, and PUBLIC_URL is ${origin}`
      : `variables lacks ${ORIGIN_VARIABLE}: ${origin}`,
  ];
}

function at(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined;
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}
