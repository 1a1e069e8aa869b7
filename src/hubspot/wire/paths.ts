import type { Bucket } from '../../domain/hubspot/buckets.js';
import type { Config } from '../../platform/config/config.js';

/*
 * Paths per API and version. The version stands in a different place for each API, so this is a table and not a prefix
 * (docs/hubspot.md#versions-and-paths). `v4` stands for the undated paths, which are v3 for most APIs; HubSpot supports
 * those of v4 until 2027-03-30.
 */

export type ApiVersions = Pick<Config, 'HUBSPOT_API_VERSION' | 'HUBSPOT_API_VERSIONS'>;
type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** APIs that may be asked in a version of their own. */
type Api = keyof Config['HUBSPOT_API_VERSIONS'];

/** Which limit a request counts under; `none`: HubSpot exempts it. */
export type RequestBucket = Exclude<Bucket, 'oauth'> | 'none';

interface Resource {
  readonly api: Api;
  readonly method: Method;
  /** `{version}` is the dated version. */
  readonly dated: string;
  readonly undated: string;
  readonly bucket: RequestBucket;
}

function resource<const A extends Api, const M extends Method, const P extends string>(
  api: A,
  method: M,
  dated: string,
  undated: P,
  bucket: RequestBucket = 'ten_secondly',
) {
  return { api, method, dated, undated, bucket };
}

const OBJECTS = '/crm/objects/{version}/{objectType}';
const OBJECT = `${OBJECTS}/{objectId}`;
const V3_OBJECTS = '/crm/v3/objects/{objectType}';
const V3_OBJECT = `${V3_OBJECTS}/{objectId}` as const;
const LINKS = '/crm/associations/{version}/{fromType}/{toType}';
const V4_LINKS = '/crm/v4/associations/{fromType}/{toType}';
const PROPERTIES = '/crm/properties/{version}/{objectType}';
const V3_PROPERTIES = '/crm/v3/properties/{objectType}';

export const RESOURCES = {
  /** Completes one blocked action. */
  completeCallback: resource(
    'actions',
    'POST',
    '/automation/actions/callbacks/{version}/{callbackId}/complete',
    '/automation/v4/actions/callbacks/{callbackId}/complete',
  ),
  /** Completes up to 100 blocked actions, all or none. */
  completeCallbacks: resource(
    'actions',
    'POST',
    '/automation/actions/callbacks/{version}/complete',
    '/automation/v4/actions/callbacks/complete',
  ),

  listObjects: resource('objects', 'GET', OBJECTS, V3_OBJECTS),
  createObject: resource('objects', 'POST', OBJECTS, V3_OBJECTS),
  readObject: resource('objects', 'GET', OBJECT, V3_OBJECT),
  updateObject: resource('objects', 'PATCH', OBJECT, V3_OBJECT),
  archiveObject: resource('objects', 'DELETE', OBJECT, V3_OBJECT),
  /** Batches of up to 100. */
  readObjects: resource('objects', 'POST', `${OBJECTS}/batch/read`, `${V3_OBJECTS}/batch/read`),
  createObjects: resource('objects', 'POST', `${OBJECTS}/batch/create`, `${V3_OBJECTS}/batch/create`),
  updateObjects: resource('objects', 'POST', `${OBJECTS}/batch/update`, `${V3_OBJECTS}/batch/update`),
  upsertObjects: resource('objects', 'POST', `${OBJECTS}/batch/upsert`, `${V3_OBJECTS}/batch/upsert`),
  archiveObjects: resource('objects', 'POST', `${OBJECTS}/batch/archive`, `${V3_OBJECTS}/batch/archive`),
  /** At most 200 per page and 10,000 in all; 5 a second for the account, all its apps together. */
  searchObjects: resource('objects', 'POST', `${OBJECTS}/search`, `${V3_OBJECTS}/search`, 'search'),
  /** Contacts and companies. The result has a new id, to which both old ids lead. */
  mergeObjects: resource('objects', 'POST', `${OBJECTS}/merge`, `${V3_OBJECTS}/merge`),
  /** Deletes contacts for good. */
  deleteForPrivacy: resource('objects', 'POST', `${OBJECTS}/gdpr-delete`, `${V3_OBJECTS}/gdpr-delete`),

  listAssociations: resource(
    'associations',
    'GET',
    '/crm/objects/{version}/{objectType}/{objectId}/associations/{toType}',
    '/crm/v4/objects/{objectType}/{objectId}/associations/{toType}',
  ),
  /** Replaces the labels between two records: those that are not sent are dropped. */
  associate: resource(
    'associations',
    'PUT',
    '/crm/objects/{version}/{objectType}/{objectId}/associations/{toType}/{toId}',
    '/crm/v4/objects/{objectType}/{objectId}/associations/{toType}/{toId}',
  ),
  associateDefault: resource(
    'associations',
    'PUT',
    '/crm/objects/{version}/{objectType}/{objectId}/associations/default/{toType}/{toId}',
    '/crm/v4/objects/{objectType}/{objectId}/associations/default/{toType}/{toId}',
  ),
  dissociate: resource(
    'associations',
    'DELETE',
    '/crm/objects/{version}/{objectType}/{objectId}/associations/{toType}/{toId}',
    '/crm/v4/objects/{objectType}/{objectId}/associations/{toType}/{toId}',
  ),
  /** Up to 1,000. A record without associations is an error of its row (207). */
  readAssociations: resource(
    'associations',
    'POST',
    `${LINKS}/batch/read`,
    `${V4_LINKS}/batch/read`,
    'associations',
  ),
  /** Up to 2,000. */
  createAssociations: resource(
    'associations',
    'POST',
    `${LINKS}/batch/create`,
    `${V4_LINKS}/batch/create`,
    'associations',
  ),
  createDefaultAssociations: resource(
    'associations',
    'POST',
    `${LINKS}/batch/associate/default`,
    `${V4_LINKS}/batch/associate/default`,
    'associations',
  ),
  archiveAssociations: resource(
    'associations',
    'POST',
    `${LINKS}/batch/archive`,
    `${V4_LINKS}/batch/archive`,
    'associations',
  ),
  archiveAssociationLabels: resource(
    'associations',
    'POST',
    `${LINKS}/batch/labels/archive`,
    `${V4_LINKS}/batch/labels/archive`,
    'associations',
  ),
  listAssociationLabels: resource('associations', 'GET', `${LINKS}/labels`, `${V4_LINKS}/labels`),
  createAssociationLabel: resource('associations', 'POST', `${LINKS}/labels`, `${V4_LINKS}/labels`),

  listProperties: resource('properties', 'GET', PROPERTIES, V3_PROPERTIES),
  createProperty: resource('properties', 'POST', PROPERTIES, V3_PROPERTIES),
  readProperty: resource('properties', 'GET', `${PROPERTIES}/{name}`, `${V3_PROPERTIES}/{name}`),
  updateProperty: resource('properties', 'PATCH', `${PROPERTIES}/{name}`, `${V3_PROPERTIES}/{name}`),
  archiveProperty: resource('properties', 'DELETE', `${PROPERTIES}/{name}`, `${V3_PROPERTIES}/{name}`),
  readProperties: resource('properties', 'POST', `${PROPERTIES}/batch/read`, `${V3_PROPERTIES}/batch/read`),
  createProperties: resource(
    'properties',
    'POST',
    `${PROPERTIES}/batch/create`,
    `${V3_PROPERTIES}/batch/create`,
  ),
  listPropertyGroups: resource('properties', 'GET', `${PROPERTIES}/groups`, `${V3_PROPERTIES}/groups`),
  createPropertyGroup: resource('properties', 'POST', `${PROPERTIES}/groups`, `${V3_PROPERTIES}/groups`),
  readPropertyGroup: resource(
    'properties',
    'GET',
    `${PROPERTIES}/groups/{name}`,
    `${V3_PROPERTIES}/groups/{name}`,
  ),
  updatePropertyGroup: resource(
    'properties',
    'PATCH',
    `${PROPERTIES}/groups/{name}`,
    `${V3_PROPERTIES}/groups/{name}`,
  ),

  listOwners: resource('owners', 'GET', '/crm/owners/{version}', '/crm/v3/owners'),
  readOwner: resource('owners', 'GET', '/crm/owners/{version}/{ownerId}', '/crm/v3/owners/{ownerId}'),
  listPipelines: resource(
    'pipelines',
    'GET',
    '/crm/pipelines/{version}/{objectType}',
    '/crm/v3/pipelines/{objectType}',
  ),
  readPipeline: resource(
    'pipelines',
    'GET',
    '/crm/pipelines/{version}/{objectType}/{pipelineId}',
    '/crm/v3/pipelines/{objectType}/{pipelineId}',
  ),
  /** What the account says of its custom objects. */
  listSchemas: resource(
    'schemas',
    'GET',
    '/crm-object-schemas/{version}/schemas',
    '/crm-object-schemas/v3/schemas',
  ),
  /** Time zone, currency and kind of the account. */
  readAccount: resource('account', 'GET', '/account-info/{version}/details', '/account-info/v3/details'),
  /** What the account's private apps have used of the day. */
  readDailyUsage: resource(
    'account',
    'GET',
    '/account-info/{version}/api-usage/daily/private-apps',
    '/account-info/v3/api-usage/daily/private-apps',
  ),
  /** Takes the app out of the account. */
  uninstall: resource(
    'appinstalls',
    'DELETE',
    '/appinstalls/{version}/external-install',
    '/appinstalls/v3/external-install',
  ),

  sendEvent: resource('events', 'POST', '/events/{version}/send', '/events/v3/send', 'none'),
  sendEvents: resource('events', 'POST', '/events/{version}/send/batch', '/events/v3/send/batch', 'none'),
  /**
   * HubSpot has published no timeline API of 2026-09, so it is asked as 2026-03 (docs/hubspot.md#versions-and-paths).
   */
  createTimelineEvent: resource(
    'timeline',
    'POST',
    '/integrators/timeline/2026-03/events',
    '/integrators/timeline/v3/events',
  ),
  createTimelineEvents: resource(
    'timeline',
    'POST',
    '/integrators/timeline/2026-03/events/batch',
    '/integrators/timeline/v3/events/batch/create',
  ),
  resolveTimelineEventTypes: resource(
    'timeline',
    'POST',
    '/integrators/timeline/2026-03/types/projects',
    '/integrators/timeline/2026-03/types/projects', // it has no undated path
  ),
} as const satisfies Record<string, Resource>;

export type ResourceName = keyof typeof RESOURCES;

type Placeholders<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;

/** The parameters that a resource's path asks for: `{ callbackId: string }`, or none. */
export type ParamsOf<R extends ResourceName> = Record<
  Placeholders<(typeof RESOURCES)[R]['undated']>,
  string | number
>;

type QueryValue = string | number | boolean | readonly string[] | undefined;

/**
 * The path in the configured version with its placeholders. This may be logged; a path with its parameters may not,
 * since ids of records may be mail addresses.
 */
export function templateOf(name: ResourceName, versions: ApiVersions): string {
  const { api, dated, undated }: Resource = RESOURCES[name];
  const version = versions.HUBSPOT_API_VERSIONS[api] ?? versions.HUBSPOT_API_VERSION;
  return version === 'v4' ? undated : dated.replace('{version}', version);
}

/**
 * Method and path of a request, with its query. Parameters are percent-encoded; one that could climb out of its segment
 * throws a RangeError. Lists go as HubSpot writes them, `properties=email,phone`; an empty list is left out.
 */
export function pathOf(
  name: ResourceName,
  versions: ApiVersions,
  params: Readonly<Record<string, string | number>>,
  query: Readonly<Record<string, QueryValue>> = {},
): { method: Method; path: string } {
  const path = templateOf(name, versions).replace(/\{(\w+)\}/g, (_, param: string) =>
    segment(param, params[param]),
  );
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    const text = Array.isArray(value) ? value.join(',') : value === undefined ? '' : String(value);
    if (text !== '') search.set(key, text);
  }
  return { method: RESOURCES[name].method, path: search.size > 0 ? `${path}?${search.toString()}` : path };
}

function segment(name: string, value: string | number | undefined): string {
  const text = value === undefined ? '' : String(value);
  if (text === '' || text === '.' || text === '..')
    throw new RangeError(`"${text}" cannot be the ${name} of a path`);
  return encodeURIComponent(text);
}
