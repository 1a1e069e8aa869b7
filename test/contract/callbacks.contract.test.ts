import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Budget } from '../../src/hubspot/budget.js';
import { createDoor, type Door } from '../../src/hubspot/door.js';
import type { ApiVersion } from '../../src/hubspot/paths.js';
import { createLogger } from '../../src/logger.js';
import { Secret } from '../../src/secret.js';

/*
 * What we send to complete callbacks, as a server receives it, against HubSpot's own description of it. The description is
 * HubSpot's and not part of this repository: SLUICE_HUBSPOT_OPENAPI names a folder that holds it.
 */
const FOLDER =
  process.env.SLUICE_HUBSPOT_OPENAPI ?? path.resolve(import.meta.dirname, '../../../shared/hubspot-openapi');
const FILE = path.join(FOLDER, '2026-03/automation-actions.json');

interface Schema {
  $ref?: string;
  type?: string;
  required?: string[];
  properties?: Record<string, Schema>;
  additionalProperties?: Schema;
  items?: Schema;
}

interface Description {
  paths: Record<
    string,
    Record<
      string,
      { requestBody: { content: Record<string, { schema: Schema }> }; security: Record<string, string[]>[] }
    >
  >;
  components: { schemas: Record<string, Schema> };
}

if (!existsSync(FILE)) {
  it("NOT CHECKED: HubSpot's description of the callbacks is not here; SLUICE_HUBSPOT_OPENAPI would say where it is", () => {
    console.warn(`What we send to complete callbacks was not checked: there is no ${FILE}`);
  });
} else {
  describe("completions of callbacks, against HubSpot's description", () => {
    const description = JSON.parse(readFileSync(FILE, 'utf8')) as Description;
    let server: Server;
    let received: { method: string; path: string; contentType: string | undefined; body: unknown }[] = [];

    beforeAll(async () => {
      server = createServer((request, response) => {
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => chunks.push(chunk));
        request.on('end', () => {
          const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
          const contentType = request.headers['content-type'];
          received.push({ method: request.method ?? '', path: request.url ?? '', contentType, body });
          response.writeHead(204).end();
        });
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    });
    afterAll(() => new Promise((resolve) => server.close(resolve)));

    const outputs = { hs_execution_state: 'SUCCESS', sluice_status: 'released', sluice_wait_seconds: '12' };
    const one = { outputFields: outputs, typedOutputs: {} };
    const inputs = Array.from({ length: 100 }, (_, n) => ({ callbackId: `ap-1-${n}-1-0`, ...one }));

    async function sendAll(version: ApiVersion): Promise<typeof received> {
      received = [];
      const door = openDoor((server.address() as AddressInfo).port, version);
      const base = { portalId: 1, priority: 'completion' } as const;
      await door.request({ ...base, resource: 'completeCallbacks', body: { inputs } });
      await door.request({
        ...base,
        resource: 'completeCallback',
        params: { callbackId: 'ap-1-2-1-0' },
        body: one,
      });
      await door.close();
      return received;
    }

    it('go to paths and methods that it has, as JSON that its schemas accept', async () => {
      const requests = await sendAll('2026-03');
      expect(requests).toHaveLength(2);
      for (const { method, path: url, contentType, body } of requests) {
        const operation = operationOf(method, url);
        expect(operation).toBeDefined();
        const schema = operation!.requestBody.content[contentType ?? '']?.schema;
        expect(schema).toBeDefined();
        expect(problems(schema!, body, 'body')).toEqual([]);
        expect(operation!.security).toContainEqual({ oauth2: ['automation'] }); // a portal's token, not a developer's key
      }
    });

    it('differ between versions in their paths only', async () => {
      const bodies = (requests: typeof received) => requests.map(({ method, body }) => ({ method, body }));
      const reference = bodies(await sendAll('2026-03'));
      for (const version of ['2026-09', 'v4'] as const)
        expect(bodies(await sendAll(version))).toEqual(reference);
    });

    it('are judged: a missing part, a number or a bare state would be found', () => {
      const { schema } = operationOf('POST', '/automation/actions/callbacks/2026-03/complete')!.requestBody
        .content['application/json']!;
      for (const wrong of [
        { inputs: [{ ...inputs[0], typedOutputs: undefined }] },
        { inputs: [{ ...inputs[0], outputFields: { hs_execution_state: 1 } }] },
        { inputs: [{ callbackId: 'x', hs_execution_state: 'SUCCESS' }] },
        { callbacks: inputs },
      ]) {
        expect(problems(schema, wrong, 'body')).not.toEqual([]);
      }
    });

    function operationOf(method: string, url: string) {
      const fits = (template: string) => new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`).test(url);
      const exact = description.paths[url];
      const template = Object.keys(description.paths).find(fits);
      return (exact ?? (template === undefined ? undefined : description.paths[template]))?.[
        method.toLowerCase()
      ];
    }

    /** The part of JSON Schema that this description uses. What it does not name is a problem too. */
    function problems(schema: Schema, value: unknown, at: string): string[] {
      if (schema.$ref !== undefined) {
        const target = description.components.schemas[schema.$ref.split('/').at(-1) ?? ''];
        return target ? problems(target, value, at) : [`${at}: ${schema.$ref} is not described`];
      }
      if (schema.type === 'array') {
        if (!Array.isArray(value)) return [`${at} is no array`];
        return value.flatMap((item, n) => problems(schema.items ?? {}, item, `${at}[${n}]`));
      }
      if (schema.type === 'object') {
        if (typeof value !== 'object' || value === null || Array.isArray(value))
          return [`${at} is no object`];
        const entries = new Map(Object.entries(value).filter(([, part]) => part !== undefined));
        const missing = (schema.required ?? [])
          .filter((name) => !entries.has(name))
          .map((name) => `${at}.${name} is missing`);
        return [
          ...missing,
          ...[...entries].flatMap(([name, part]) => {
            const described = schema.properties?.[name] ?? schema.additionalProperties;
            return described
              ? problems(described, part, `${at}.${name}`)
              : [`${at}.${name} is not described`];
          }),
        ];
      }
      return typeof value === schema.type ? [] : [`${at} is no ${schema.type}`];
    }
  });
}

function openDoor(port: number, version: ApiVersion): Door {
  const budget: Budget = {
    acquire: async (portalId) => ({ portalId, expiresInMs: 1000, use() {}, giveBack() {} }),
    correct() {},
    block: async () => {},
    blocked: () => undefined,
    stop: async () => {},
  };
  return createDoor({
    budget,
    tokens: { accessToken: async () => new Secret('token'), forget() {}, timeZone: () => 'UTC' },
    config: { HUBSPOT_API_BASE_URL: `http://127.0.0.1:${port}`, HUBSPOT_API_VERSION: version },
    logger: createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test'),
  });
}
