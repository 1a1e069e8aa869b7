import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Budget } from '../../src/hubspot/budget/permit.js';
import type { Budgets } from '../../src/hubspot/budget/budgets.js';
import { createGateway, type Gateway, type GatewayRequest } from '../../src/hubspot/gateway/gateway.js';
import { RESOURCES, type ApiVersions, type ResourceName } from '../../src/hubspot/wire/paths.js';
import { createLogger } from '../../src/platform/logger.js';
import { Secret } from '../../src/platform/secret.js';
import { REQUESTS_NOT_DESCRIBED, unexpected } from '../support/notDescribed.js';
import {
  hasDescription,
  NO_DESCRIPTION,
  problemsOf,
  queryProblems,
  readDescriptions,
  type Operation,
} from '../support/openapi.js';

/* Every request that we can send, as a server receives it, against HubSpot's own description of it. */

type Sample<R extends ResourceName> = R extends ResourceName
  ? Omit<GatewayRequest<R>, 'portalId' | 'priority' | 'resource'>
  : never;

const outputFields = {
  hs_execution_state: 'SUCCESS',
  sluice_status: 'released',
  sluice_wait_seconds: '12',
};
const completion = { outputFields, typedOutputs: {} };
const contacts = { objectType: 'contacts' } as const;
const contact = { objectType: 'contacts', objectId: 51 } as const;
const properties = { email: 'a@example.com', lifecyclestage: '' };
const primary = { associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 279 } as const;
const link = { from: { id: '51' }, to: { id: '61' } };
const links = { fromType: 'contacts', toType: 'companies' } as const;
const score = {
  name: 'acme_score',
  label: 'Acme score',
  groupName: 'acme',
  type: 'number',
  fieldType: 'number',
  hasUniqueValue: false,
  formField: false,
} as const;
const customEvent = {
  eventName: 'pe7_shipped',
  objectId: '51',
  properties: { order: 'A-1' },
  occurredAt: '2026-10-01T00:00:00Z',
  uuid: 'outbox-42',
};
const appEvent = {
  eventTypeName: 'ae1_shipped',
  id: 'outbox-42',
  objectId: '51',
  properties: { order: 'A-1' },
  timestamp: '2026-10-01T00:00:00Z',
};

/** One of each: a resource that is added to the table does not compile without. */
const SAMPLES: { [R in ResourceName]: Sample<R> } = {
  completeCallback: { params: { callbackId: 'ap-1-2-1-0' }, body: completion },
  completeCallbacks: {
    body: {
      inputs: Array.from({ length: 100 }, (_, n) => ({ callbackId: `ap-1-${n}-1-0`, ...completion })),
    },
  },
  listObjects: {
    params: contacts,
    query: { limit: 100, after: '7', properties: ['email', 'phone'], associations: ['companies'] },
  },
  createObject: {
    params: contacts,
    body: { properties, associations: [{ to: { id: '61' }, types: [primary] }] },
  },
  readObject: { params: contact, query: { properties: ['email'], idProperty: 'email', archived: false } },
  updateObject: { params: contact, query: { idProperty: 'email' }, body: { properties } },
  archiveObject: { params: contact },
  readObjects: {
    params: contacts,
    query: { archived: false },
    body: {
      inputs: [{ id: 'a@example.com' }],
      idProperty: 'email',
      properties: ['email'],
      propertiesWithHistory: [],
    },
  },
  createObjects: {
    params: contacts,
    body: { inputs: [{ properties, associations: [], objectWriteTraceId: 'outbox-42' }] },
  },
  updateObjects: {
    params: contacts,
    body: { inputs: [{ id: '51', properties, objectWriteTraceId: 'outbox-42' }] },
  },
  upsertObjects: {
    params: contacts,
    body: {
      inputs: [{ id: 'a@example.com', idProperty: 'email', properties, objectWriteTraceId: 'outbox-42' }],
    },
  },
  archiveObjects: { params: contacts, body: { inputs: [{ id: '51' }] } },
  searchObjects: {
    params: contacts,
    body: {
      filterGroups: [
        {
          filters: [
            { propertyName: 'lastmodifieddate', operator: 'GTE', value: '1790000000000' },
            { propertyName: 'hs_object_id', operator: 'GT', value: '123' },
          ],
        },
      ],
      sorts: [{ propertyName: 'hs_object_id', direction: 'ASCENDING' }],
      properties: ['email'],
      limit: 200,
      after: '0',
    },
  },
  mergeObjects: { params: contacts, body: { primaryObjectId: '51', objectIdToMerge: '52' } },
  deleteForPrivacy: { params: contacts, body: { objectId: 'a@example.com', idProperty: 'email' } },
  listAssociations: { params: { ...contact, toType: 'companies' }, query: { limit: 500, after: '7' } },
  associate: { params: { ...contact, toType: 'companies', toId: 61 }, body: [primary] },
  associateDefault: { params: { ...contact, toType: 'companies', toId: 61 } },
  dissociate: { params: { ...contact, toType: 'companies', toId: 61 } },
  readAssociations: { params: links, body: { inputs: [{ id: '51', after: '7' }] } },
  createAssociations: { params: links, body: { inputs: [{ ...link, types: [primary] }] } },
  createDefaultAssociations: { params: links, body: { inputs: [link] } },
  archiveAssociations: { params: links, body: { inputs: [{ from: { id: '51' }, to: [{ id: '61' }] }] } },
  archiveAssociationLabels: { params: links, body: { inputs: [{ ...link, types: [primary] }] } },
  listAssociationLabels: { params: links },
  createAssociationLabel: { params: links, body: { label: 'Decision maker', name: 'decision_maker' } },
  listProperties: { params: contacts, query: { archived: false } },
  createProperty: { params: contacts, body: score },
  readProperty: { params: { ...contacts, name: 'acme_score' }, query: { archived: true } },
  updateProperty: {
    params: { ...contacts, name: 'acme_score' },
    body: { label: 'Score', options: [{ label: 'High', value: 'high', hidden: false, displayOrder: 1 }] },
  },
  archiveProperty: { params: { ...contacts, name: 'acme_score' } },
  readProperties: {
    params: contacts,
    body: { inputs: [{ name: 'email' }], archived: false, dataSensitivity: 'non_sensitive' },
  },
  createProperties: { params: contacts, body: { inputs: [score] } },
  listPropertyGroups: { params: contacts },
  createPropertyGroup: { params: contacts, body: { name: 'acme', label: 'Acme', displayOrder: -1 } },
  readPropertyGroup: { params: { ...contacts, name: 'acme' } },
  updatePropertyGroup: { params: { ...contacts, name: 'acme' }, body: { label: 'Acme Ltd' } },
  listOwners: { query: { limit: 100, after: '7', email: 'a@example.com', archived: false } },
  readOwner: { params: { ownerId: 3 }, query: { idProperty: 'userId' } },
  listPipelines: { params: { objectType: 'deals' } },
  readPipeline: { params: { objectType: 'deals', pipelineId: 'default' } },
  listSchemas: { query: { archived: false, includePropertyDefinitions: false } },
  readAccount: {},
  readDailyUsage: {},
  uninstall: {},
  sendEvent: { body: customEvent },
  sendEvents: { body: { inputs: [customEvent] } },
  createTimelineEvent: { body: appEvent },
  createTimelineEvents: { body: { inputs: [appEvent] } },
  resolveTimelineEventTypes: { body: { projectName: 'acme', developerSymbol: 'acme' } },
};
const NAMES = Object.keys(RESOURCES) as ResourceName[];

const NOT_DESCRIBED = NAMES.filter((name) => name in REQUESTS_NOT_DESCRIBED);

interface Received {
  method: string;
  url: URL;
  contentType: string | undefined;
  body: unknown;
}

let server: Server;
let received: Received[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      received.push({
        method: request.method ?? '',
        url: new URL(request.url ?? '', 'https://api.hubapi.com'),
        contentType: request.headers['content-type'],
        body: text === '' ? undefined : JSON.parse(text),
      });
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

async function sendAll(version: ApiVersions['HUBSPOT_API_VERSION']): Promise<Map<ResourceName, Received>> {
  const gateway = openGateway((server.address() as AddressInfo).port, version);
  const all = new Map<ResourceName, Received>();
  for (const resource of NAMES) {
    received = [];
    const sample = SAMPLES[resource];
    await gateway.request({ portalId: 1, priority: 'interactive', resource, ...sample } as GatewayRequest);
    expect(received).toHaveLength(1);
    all.set(resource, received[0]!);
  }
  await gateway.close();
  return all;
}

it('differ between versions in their paths only', async () => {
  const parts = (requests: Map<ResourceName, Received>) =>
    [...requests].map(([name, { method, url, body }]) => ({ name, method, query: url.search, body }));
  const reference = parts(await sendAll('2026-03'));
  for (const version of ['2026-09', 'v4'] as const) expect(parts(await sendAll(version))).toEqual(reference);
});

if (!hasDescription()) {
  it.skip(`requests to HubSpot, against HubSpot's description: ${NO_DESCRIPTION}`, () => undefined);
} else {
  describe("requests to HubSpot, against HubSpot's description", () => {
    const operationOf = readDescriptions();
    let requests: Map<ResourceName, Received>;
    beforeAll(async () => {
      requests = await sendAll('2026-03');
    });

    it.each(NAMES.filter((name) => !NOT_DESCRIBED.includes(name)))('%s', (name) => {
      const { method, url, contentType, body } = requests.get(name)!;
      const operation = operationOf(method, url.pathname);
      if (!operation) throw new Error(`HubSpot has no ${method} ${url.pathname}`);
      expect(queryProblems(operation, url.searchParams)).toEqual([]);
      expect(unexpected(bodyProblems(operation, contentType, body))).toEqual([]);
      expect(RESOURCES[name].bucket === 'ten_secondly').toBe(!operation.exemptions.includes('ten-secondly'));
    });

    it('leaves out only what HubSpot does not describe', () => {
      for (const name of NOT_DESCRIBED) {
        const { method, url } = requests.get(name)!;
        expect(operationOf(method, url.pathname)).toBeUndefined();
      }
    });

    it("completes callbacks with a portal's token, not with a developer's key", () => {
      const { method, url } = requests.get('completeCallbacks')!;
      expect(operationOf(method, url.pathname)!.security).toContainEqual({ oauth2: ['automation'] });
    });

    it('would find a missing part, a wrong type, a name that is not there', () => {
      const callbacks = operationOf('POST', '/automation/actions/callbacks/2026-03/complete')!;
      const inputs = [{ callbackId: 'x', ...completion }];
      for (const wrong of [
        { inputs: [{ ...inputs[0], typedOutputs: undefined }] },
        { inputs: [{ ...inputs[0], outputFields: { hs_execution_state: 1 } }] },
        { inputs: [{ callbackId: 'x', hs_execution_state: 'SUCCESS' }] },
        { callbacks: inputs },
        undefined,
      ])
        expect(bodyProblems(callbacks, 'application/json', wrong)).not.toEqual([]);
      const search = operationOf('POST', '/crm/objects/2026-03/contacts/search')!;
      const body = {
        ...SAMPLES.searchObjects.body,
        filterGroups: [{ filters: [{ propertyName: 'x', operator: 'LIKE' }] }],
      };
      expect(bodyProblems(search, 'application/json', body).join()).toContain('operator is none of');
      const list = operationOf('GET', '/crm/objects/2026-03/contacts')!;
      for (const query of ['limit=many', 'archived=yes', 'updatedAfter=1'])
        expect(queryProblems(list, new URLSearchParams(query))).toHaveLength(1);
    });
  });
}

function bodyProblems(operation: Operation, contentType: string | undefined, body: unknown): string[] {
  const described = Object.keys(operation.body).length > 0;
  if (!described)
    return body === undefined && contentType === undefined ? [] : ['there is a body where none is described'];
  const schema = operation.body[contentType ?? ''];
  return schema
    ? problemsOf(schema, body, operation.schemas)
    : [`${contentType ?? 'no type'} is not described`];
}

function openGateway(port: number, version: ApiVersions['HUBSPOT_API_VERSION']): Gateway {
  const budget: Budget = {
    acquire: async (portalId) => ({ portalId, expiresInMs: 1000, use() {}, giveBack() {} }),
    correct() {},
    block() {},
    unblock() {},
    blocked: () => undefined,
    stop: async () => {},
  };
  const budgets: Budgets = { of: () => budget, block: async () => {}, note() {}, stop: async () => {} };
  return createGateway({
    budgets,
    tokens: {
      accessToken: async () => ({ secret: new Secret('token'), version: 1, portal: { workspaceId: 'w' } }),
      refreshNow: async () => ({ secret: new Secret('token'), version: 2, portal: { workspaceId: 'w' } }),
      timeZone: () => 'UTC',
    },
    config: {
      HUBSPOT_API_BASE_URL: `http://127.0.0.1:${port}`,
      HUBSPOT_API_VERSION: version,
      HUBSPOT_API_VERSIONS: {},
    },
    logger: createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test'),
  });
}
