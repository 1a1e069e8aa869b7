import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { typeDefinition } from '../../../src/domain/actions/hubspotDefinition.js';
import { eventually, PORTAL, startHarness, type Harness } from './harness.js';

const KEY = '?hapikey=sandbox-developer-key';
const DEFINITIONS = '/automation/v4/actions/77';

/** What HubSpot makes of a definition: steps, properties, options, the workflow's log, agents. */
describe("actions of the sandbox's portals, by their definitions", () => {
  let sandbox: Harness;
  let options: Server;
  let token: string;
  const fetched: { headers: NodeJS.Dict<string | string[]>; body: Record<string, unknown> }[] = [];
  beforeAll(async () => {
    sandbox = await startHarness((call) =>
      call.body.includes('"source":"AGENTS"')
        ? { json: { outputFields: { greeting: 'Hello' } } }
        : { json: { outputFields: { hs_execution_state: 'FAIL_CONTINUE', errorCode: 'quota', left: '0' } } },
    );
    options = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString()));
      request.on('end', () => {
        fetched.push({ headers: request.headers, body: JSON.parse(text) });
        response.end(JSON.stringify({ options: [{ label: 'Big', value: 'big' }], searchable: false }));
      });
    });
    await new Promise<void>((resolve) => options.listen(0, '127.0.0.1', resolve));
    await sandbox.control('POST', '/portals', { portalId: PORTAL });
    token = (await sandbox.control('POST', `/portals/${PORTAL}/install`, {})).body.accessToken;
  });
  afterAll(async () => {
    options.close();
    await sandbox.close();
  });

  const define = async (more: object = {}) => {
    const optionsUrl = `http://127.0.0.1:${(options.address() as AddressInfo).port}/options`;
    const answer = await sandbox.ask('POST', `${DEFINITIONS}${KEY}`, {
      ...{ actionUrl: sandbox.actionUrl, published: true, objectTypes: ['CONTACT'], functions: [] },
      inputFields: [
        { typeDefinition: typeDefinition('name', 'string'), isRequired: true },
        { typeDefinition: typeDefinition('count', 'number'), isRequired: false },
        { typeDefinition: { ...typeDefinition('size', 'enum'), optionsUrl }, isRequired: false },
        { typeDefinition: typeDefinition('kind', 'enum', [{ value: 'a', label: 'A' }]), isRequired: false },
      ],
      outputFields: ['greeting', 'errorCode', 'left'].map((name) => ({
        typeDefinition: typeDefinition(name, 'string'),
      })),
      executionRules: [{ labelName: 'full', conditions: { errorCode: ['quota', 'full'] } }],
      objectRequestOptions: { properties: ['firstname', 'none'] },
      labels: {
        en: {
          actionName: 'Greet',
          inputFieldLabels: { name: 'Name', count: 'Count', size: 'Size', kind: 'Kind' },
          executionRules: { full: 'Nothing is left ({{left}})' },
        },
      },
      ...more,
    });
    expect(answer.status).toBe(201);
    return Number(answer.body.id);
  };
  const add = (definitionId: number, more: object = {}) =>
    sandbox.control('POST', `/portals/${PORTAL}/actions`, { definitionId, ...more });
  const workflow = (actionDefinitionId: number, inputFields: object, more: object = {}) =>
    sandbox.control('POST', `/portals/${PORTAL}/workflows`, {
      steps: [{ actionDefinitionId, inputFields }],
      ...more,
    });

  it("are those that are published, or the developer's own", async () => {
    const hidden = await define({ published: false });
    expect((await add(hidden)).status).toBe(409);
    expect((await add(hidden, { asDeveloper: true })).status).toBe(201);
    expect((await add(1)).status).toBe(404);
    const archived = await define();
    await sandbox.ask('DELETE', `${DEFINITIONS}/${archived}${KEY}`);
    expect((await add(archived)).status).toBe(404);
    expect((await sandbox.control('GET', '/definitions')).body.items).toContainEqual(
      expect.objectContaining({ id: hidden, published: false, revisionId: 1, name: 'Greet' }),
    );
  });

  it.each([
    ['name is required', {}],
    ['there is no field other', { name: 'Ada', other: 'x' }],
    ['count is no number', { name: 'Ada', count: 'many' }],
    ['kind has no option b', { name: 'Ada', kind: 'b' }],
  ])('take no step whose fields are not those of the definition: %s', async (reason, fields) => {
    const id = await define();
    await add(id);
    const answer = await workflow(id, fields);
    expect([answer.status, answer.body.error]).toEqual([400, `body.steps.0: ${reason}`]);
  });

  it('are for records of the types that the definition names', async () => {
    const id = await define();
    await add(id);
    expect((await workflow(id, { name: 'Ada' }, { objectType: 'DEAL' })).status).toBe(400);
  });

  it('are called with the revision of the step, and with the properties that it asks for; the log says what the rule says', async () => {
    const made = await sandbox.ask(
      'POST',
      '/crm/objects/2026-03/contacts',
      { properties: { firstname: 'Ada', email: 'ada@example.com' } },
      { authorization: `Bearer ${token}` },
    );
    const id = await define();
    await add(id);
    const { workflowId } = (await workflow(id, { name: 'Ada' })).body;
    // The step keeps its revision, whatever the definition is by then.
    await sandbox.ask('PATCH', `${DEFINITIONS}/${id}${KEY}`, { objectRequestOptions: { properties: [] } });
    await add(id);
    const before = sandbox.calls.length;
    const objectIds = [Number(made.body.id), 4711];
    await sandbox.control('POST', `/portals/${PORTAL}/workflows/${workflowId}/enrol`, {
      ...{ count: 2, ratePerSecond: 0, objectIds },
    });
    await eventually(() => sandbox.calls.length === before + 2);
    const bodies = sandbox.calls.slice(before).map((call) => JSON.parse(call.body));
    const of = (objectId: number) => bodies.find((body) => body.object.objectId === objectId);
    expect(of(objectIds[0]!)).toMatchObject({
      origin: { actionDefinitionId: id, actionDefinitionVersion: 1 },
      object: { objectType: 'CONTACT', properties: { firstname: 'Ada', none: null } },
      inputFields: { name: 'Ada' },
    });
    expect(of(4711).object.properties).toEqual({ firstname: null, none: null });
    const callbackId = bodies[0].callbackId;
    await eventually(async () => (await sandbox.execution(callbackId)).message !== null);
    expect((await sandbox.execution(callbackId)).message).toBe('Nothing is left (0)');
  });

  it('have drop-downs whose options are fetched, signed, with what is filled in already', async () => {
    const id = await define();
    await add(id);
    const answer = await sandbox.control('POST', `/portals/${PORTAL}/actions/${id}/options`, {
      ...{ field: 'size', inputFields: { name: 'Ada' }, q: 'b', after: '10' },
    });
    expect(answer.body).toEqual({
      status: 200,
      body: { options: [{ label: 'Big', value: 'big' }], searchable: false },
    });
    const { headers, body } = fetched.at(-1)!;
    expect(headers['x-hubspot-signature']).toMatch(/^[0-9a-f]{64}$/);
    expect(body).toMatchObject({
      origin: { portalId: PORTAL, actionDefinitionId: id },
      inputFieldName: 'size',
      inputFields: { name: { type: 'STATIC_VALUE', value: 'Ada' } },
      fetchOptions: { q: 'b', after: '10' },
    });
    const wrong = await sandbox.control('POST', `/portals/${PORTAL}/actions/${id}/options`, {
      field: 'kind',
    });
    expect(wrong.status).toBe(404);
  });

  it('are tools of agents, which say whether they can wait', async () => {
    const id = await define();
    await add(id);
    const call = async (more: object) =>
      (
        await sandbox.control('POST', `/portals/${PORTAL}/actions/${id}/agent`, {
          inputFields: { name: 'Ada' },
          ...more,
        })
      ).body;
    expect(await call({})).toEqual({
      status: 200,
      outputs: { greeting: 'Hello' },
      callbackId: null,
      message: null,
    });
    expect(JSON.parse(sandbox.calls.at(-1)!.body)).not.toHaveProperty('callbackId');
    const { callbackId } = await call({ withCallback: true, objectId: 51 });
    expect(JSON.parse(sandbox.calls.at(-1)!.body)).toMatchObject({
      callbackId,
      context: { source: 'AGENTS' },
      object: { objectId: 51 },
    });
  });
});
