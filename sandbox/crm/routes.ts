import type { Answer } from '../platform/answer.js';
import type { FaultTarget } from '../faults/faults.js';
import type { Bucket, PortalRequest, Route } from '../hubspot/request.js';
import type { Portal } from '../portals/portal.js';
import * as associations from './associations/handlers.js';
import * as batches from './batches.js';
import type { Crm } from './crm.js';
import type { ChangeSource } from './crmChange.js';
import { answerOf, CrmError } from './errors.js';
import * as events from './events.js';
import * as objects from './objects.js';
import { listOwners, readOwner } from './owners.js';
import { listPipelines, listStages, readPipeline } from './pipelineHandlers.js';
import * as properties from './propertyHandlers.js';
import * as schemas from './schemaHandlers.js';
import { CUSTOM_SCOPES, typeNamed } from './objectTypes.js';

type Handle = (crm: Crm, request: PortalRequest) => Answer;
type Scopes = Route['scopes'];
type ScopeKind = 'read' | 'write' | 'readSchema' | 'writeSchema';

const DATED = '(?:2026-03|2026-09)';
const OBJECTS = `(?:/crm/objects/${DATED}|/crm/v3/objects)/:type`;
const LINKED = `(?:/crm/objects/${DATED}|/crm/v4/objects)/:type/:id/associations`;
const LINKS = `(?:/crm/associations/${DATED}|/crm/v4/associations)/:type/:type`;
const PROPERTIES = `(?:/crm/properties/${DATED}|/crm/v3/properties)/:type`;
const PIPELINES = `(?:/crm/pipelines/${DATED}|/crm/v3/pipelines)/:type`;
const SCHEMAS = `(?:/crm-object-schemas/(?:${DATED}|v3)|/crm/v3)/schemas`;
const OWNERS = `(?:/crm/owners/${DATED}|/crm/v3/owners)`;
const TIMELINE = `/integrators/timeline/(?:${DATED}|v3)/events`;
const EVENTS = `/events/(?:${DATED}|v3)/send`;

/** The scopes of the type of records that the path names. */
const of =
  (kind: ScopeKind): Scopes =>
  ([typeName]) =>
    (typeNamed(typeName ?? '') ?? CUSTOM_SCOPES)[kind];

/** The scopes of both types; by HubSpot's description, one of them is enough. */
const eitherSide =
  (kind: ScopeKind, at: readonly number[]): Scopes =>
  (params) =>
    at.flatMap((n): readonly string[] => (typeNamed(params[n] ?? '') ?? CUSTOM_SCOPES)[kind]);

/** All routes of the CRM. The first that fits is taken, so the more literal paths come first. */
export function createCrmRoutes(crmOf: (portal: Portal) => Crm, by: ChangeSource): Route[] {
  const route = (
    target: FaultTarget,
    bucket: Bucket,
    scopes: Scopes,
    method: string,
    path: string,
    handle: Handle,
  ): Route => {
    const isPage = /\/(?:search|batch\/read)$/.test(path) || (method === 'GET' && path === OBJECTS);
    return {
      method,
      path: new RegExp(`^${path.replaceAll(/:[a-z]+/g, '([^/]+)')}$`),
      target,
      bucket,
      scopes,
      handle: (request) => {
        try {
          const crm = crmOf(request.portal);
          const answer = crm.by(by, () => handle(crm, request));
          if (isPage) crm.mutator?.pageRead();
          return answer;
        } catch (error) {
          if (error instanceof CrmError) return answerOf(error.failure);
          throw error;
        }
      },
    };
  };
  const object = (kind: ScopeKind, method: string, path: string, handle: Handle) =>
    route('crm', 'app', of(kind), method, OBJECTS + path, handle);
  const linked = (kind: ScopeKind, method: string, path: string, handle: Handle) =>
    route('associations', 'app', eitherSide(kind, [0, 2]), method, LINKED + path, handle);
  const links = (kind: ScopeKind, bucket: Bucket, method: string, path: string, handle: Handle) =>
    route('associations', bucket, eitherSide(kind, [0, 1]), method, LINKS + path, handle);
  const property = (kind: ScopeKind, method: string, path: string, handle: Handle) =>
    route('properties', 'app', of(kind), method, PROPERTIES + path, handle);
  const schema = (kind: ScopeKind, method: string, path: string, handle: Handle) =>
    route('properties', 'app', () => CUSTOM_SCOPES[kind], method, SCHEMAS + path, handle);
  const plain = (scopes: string[], method: string, path: string, handle: Handle) =>
    route('crm', 'app', () => scopes, method, path, handle);
  const timeline = (path: string, handle: Handle) =>
    route('events', 'app', () => ['timeline'], 'POST', TIMELINE + path, handle);
  const sent = (path: string, handle: Handle) =>
    route('events', 'none', () => ['analytics.behavioral_events.send'], 'POST', EVENTS + path, handle);

  return [
    route('search', 'search', of('read'), 'POST', `${OBJECTS}/search`, objects.search),
    object('read', 'POST', '/batch/read', batches.readMany),
    object('write', 'POST', '/batch/create', batches.createMany),
    object('write', 'POST', '/batch/update', batches.updateMany),
    object('write', 'POST', '/batch/upsert', batches.upsertMany),
    object('write', 'POST', '/batch/archive', batches.archiveMany),
    object('write', 'POST', '/merge', objects.merge),
    object('write', 'POST', '/gdpr-delete', objects.deleteForPrivacy),
    object('read', 'GET', '', objects.list),
    object('write', 'POST', '', objects.create),
    object('read', 'GET', '/:id', objects.read),
    object('write', 'PATCH', '/:id', objects.update),
    object('write', 'DELETE', '/:id', objects.archive),

    linked('read', 'GET', '/:type', associations.listOf),
    linked('write', 'PUT', '/default/:type/:id', associations.putDefault),
    linked('write', 'PUT', '/:type/:id', associations.put),
    linked('write', 'DELETE', '/:type/:id', associations.remove),
    links('read', 'associations', 'POST', '/batch/read', associations.readBatch),
    links('write', 'associations', 'POST', '/batch/create', associations.createBatch),
    links('write', 'associations', 'POST', '/batch/associate/default', associations.createDefaultBatch),
    links('write', 'associations', 'POST', '/batch/archive', associations.archiveBatch),
    links('write', 'associations', 'POST', '/batch/labels/archive', associations.archiveLabelsBatch),
    links('read', 'app', 'GET', '/labels', associations.listLabels),
    links('writeSchema', 'app', 'POST', '/labels', associations.createLabel),

    property('readSchema', 'GET', '', properties.listProperties),
    property('writeSchema', 'POST', '', properties.createProperty),
    property('readSchema', 'POST', '/batch/read', properties.readProperties),
    property('writeSchema', 'POST', '/batch/create', properties.createProperties),
    property('writeSchema', 'POST', '/batch/archive', properties.archiveProperties),
    property('readSchema', 'GET', '/groups', properties.listGroups),
    property('writeSchema', 'POST', '/groups', properties.createGroup),
    property('readSchema', 'GET', '/groups/:name', properties.readGroup),
    property('writeSchema', 'PATCH', '/groups/:name', properties.updateGroup),
    property('writeSchema', 'DELETE', '/groups/:name', properties.archiveGroup),
    property('readSchema', 'GET', '/:name', properties.readProperty),
    property('writeSchema', 'PATCH', '/:name', properties.updateProperty),
    property('writeSchema', 'DELETE', '/:name', properties.archiveProperty),

    schema('readSchema', 'GET', '', schemas.listSchemas),
    schema('writeSchema', 'POST', '', schemas.createSchema),
    schema('readSchema', 'GET', '/:type', schemas.readSchema),
    schema('writeSchema', 'PATCH', '/:type', schemas.updateSchema),
    schema('writeSchema', 'DELETE', '/:type', schemas.archiveSchema),
    schema('writeSchema', 'POST', '/:type/associations', schemas.createSchemaAssociation),

    plain(['crm.objects.owners.read', 'automation'], 'GET', OWNERS, listOwners),
    plain(['crm.objects.owners.read', 'automation'], 'GET', `${OWNERS}/:id`, readOwner),
    route('crm', 'app', of('read'), 'GET', PIPELINES, listPipelines),
    route('crm', 'app', of('read'), 'GET', `${PIPELINES}/:id`, readPipeline),
    route('crm', 'app', of('read'), 'GET', `${PIPELINES}/:id/stages`, listStages),

    sent('', events.sendEvent),
    sent('/batch', events.sendEvents),
    timeline('', events.createTimelineEvent),
    timeline('/batch', events.createTimelineEvents),
    timeline('/batch/create', events.createTimelineEvents),
    route(
      'events',
      'app',
      () => ['developers-read'],
      'POST',
      `/integrators/timeline/${DATED}/types/projects`,
      events.resolveTimelineType,
    ),
  ];
}
