import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { throttleDefinition } from '../../../src/domain/actions/throttleDefinition.js';
import { startHarness, type Harness } from './harness.js';

const APP = 77;
const KEYED = `/automation/v4/actions/${APP}`;
const egg = { ...throttleDefinition('https://sluice.example.com'), published: true };

/** The API of definitions as HubSpot's description and guide have it. */
describe("the sandbox's definitions of actions", () => {
  let sandbox: Harness;
  beforeAll(async () => (sandbox = await startHarness()));
  afterAll(() => sandbox.close());

  const keyed = (method: string, path = '', body?: unknown, query = '') =>
    sandbox.ask(method, `${KEYED}${path}?hapikey=sandbox-developer-key${query}`, body);

  it('want a key in the query, or of 2026-03 a token, and their own app', async () => {
    const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
    const asked = await Promise.all([
      sandbox.ask('GET', KEYED),
      sandbox.ask('GET', `${KEYED}?hapikey=another`),
      sandbox.ask('GET', `/automation/actions/2026-09/${APP}?hapikey=sandbox-developer-key`),
      sandbox.ask('GET', `/automation/actions/2026-03/${APP}?hapikey=sandbox-developer-key`),
      sandbox.ask('GET', `/automation/actions/2026-03/${APP}`, undefined, bearer('sandbox-developer-token')),
      sandbox.ask('GET', '/automation/v4/actions/78?hapikey=sandbox-developer-key'),
    ]);
    expect(asked.map(({ status }) => status)).toEqual([401, 401, 200, 401, 200, 403]);
  });

  it('get a revision with each change, are archived, and are listed in pages', async () => {
    const made = await keyed('POST', '', egg);
    expect(made).toMatchObject({ status: 201, body: { revisionId: '1', published: true, functions: [] } });
    const { id } = made.body;
    const changed = await keyed('PATCH', `/${id}`, { published: false });
    expect(changed).toMatchObject({ status: 200, body: { id, revisionId: '2', published: false } });
    expect(changed.body.inputFields).toHaveLength(egg.inputFields.length);
    const { body: revisions } = await keyed('GET', `/${id}/revisions`);
    expect(revisions.results.map((one: { revisionId: string }) => one.revisionId)).toEqual(['1', '2']);
    const first = await keyed('GET', `/${id}/revisions/1`);
    expect(first.body.definition).toMatchObject({ id, revisionId: '1', published: true });

    await keyed('POST', '', egg);
    const page = await keyed('GET', '', undefined, '&limit=1');
    expect(page.body.results).toHaveLength(1);
    const rest = await keyed('GET', '', undefined, `&after=${page.body.paging.next.after}`);
    expect(rest.body.results).toHaveLength(1);
    expect(rest.body.paging).toBeUndefined();

    expect((await keyed('DELETE', `/${id}`)).status).toBe(204);
    expect((await keyed('GET', `/${id}`)).status).toBe(404);
    const archived = await keyed('GET', `/${id}`, undefined, '&archived=true');
    expect(archived.body.archivedAt).toEqual(expect.any(Number));
  });

  const [first, ...others] = egg.inputFields;
  const withType = (type: object) => ({
    inputFields: [{ ...first, typeDefinition: { ...first?.typeDefinition, ...type } }, ...others],
  });
  it.each<[string, object]>([
    ['actionUrl', { actionUrl: 'http://sluice.example.com/api' }],
    ['type', withType({ type: 'text' })],
    ['fieldType', withType({ fieldType: 'dropdown' })],
    ['options', withType({ options: undefined })],
    ['nothing to choose from', withType({ type: 'enumeration', fieldType: 'select' })],
    ['there twice', { inputFields: [...egg.inputFields, first] }],
    ['inputFields', { inputFields: Array.from({ length: 51 }, () => first) }],
    ['supportedValueTypes', { inputFields: [{ ...first, supportedValueTypes: ['ANY'] }, ...others] }],
    ['labels.en is required', { labels: { de: egg.labels['en'] } }],
    ['has none', { labels: { en: { ...egg.labels['en'], inputFieldLabels: {} } } }],
    ['which is no output', { executionRules: [{ labelName: 'ended', conditions: { other: ['x'] } }] }],
    ['functions', { functions: [{ functionType: 'PRE_ACTION_EXECUTION', functionSource: '' }] }],
    [
      'no field other',
      {
        inputFieldDependencies: [
          { dependencyType: 'SINGLE_FIELD', controllingFieldName: 'other', dependentFieldNames: ['time'] },
        ],
      },
    ],
    ['objectTypes', { objectTypes: ['contacts'] }],
  ])('are refused with the reason: %s, case %#', async (reason, wrong) => {
    const answer = await keyed('POST', '', { ...egg, ...wrong });
    expect(answer).toMatchObject({ status: 400, body: { category: 'VALIDATION_ERROR' } });
    expect(answer.body.message).toContain(reason);
  });

  it('are not given functions by a patch, nor by their own route', async () => {
    const { body } = await keyed('POST', '', egg);
    expect((await keyed('PATCH', `/${body.id}`, { functions: [] })).status).toBe(400);
    expect((await keyed('PUT', `/${body.id}/functions/PRE_FETCH_OPTIONS`, 'x')).status).toBe(400);
    expect((await keyed('GET', `/${body.id}/functions`)).body).toEqual({ results: [] });
  });
});
