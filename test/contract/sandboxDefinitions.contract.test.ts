import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { throttleDefinition } from '../../src/domain/actions/throttleDefinition.js';
import { startHarness, type Harness } from '../integration/sandbox/harness.js';
import { describedOperations } from '../support/openapi.js';
import { describeAgainstHubSpot } from '../support/openapiAnswers.js';

const ROOT = '/automation/actions/2026-03/77';
const shapeOf = (operation: string) => operation.replace(/\{\w+\}/g, '{}');

describeAgainstHubSpot("the sandbox's definitions answer by HubSpot's description", (hubspot) => {
  let sandbox: Harness;
  const asked = new Set<string>();
  beforeAll(async () => (sandbox = await startHarness()));
  afterAll(() => sandbox.close());

  async function call(method: string, path: string, status: number, body?: unknown) {
    const url = ROOT + path;
    const answer = await sandbox.ask(method, url, body, { authorization: 'Bearer sandbox-developer-token' });
    const given = {
      ...{ status: answer.status, body: asDescribed(answer.body) },
      contentType: answer.headers.get('content-type') ?? undefined,
    };
    const request = { method, url, contentType: 'application/json', body };
    expect([method, url, answer.status, hubspot.answer(request, given)]).toEqual([method, url, status, []]);
    asked.add(shapeOf(hubspot.operation(request)));
    return answer.body;
  }

  it('each that is made, read, changed, listed and archived, with its revisions', async () => {
    const { inputFieldDependencies: _none, ...egg } = throttleDefinition('https://sluice.example.com');
    const { id } = await call('POST', '', 201, egg);
    await call('GET', '?limit=10', 200);
    await call('GET', `/${id}`, 200);
    await call('PATCH', `/${id}`, 200, { published: true });
    await call('GET', `/${id}/revisions`, 200);
    await call('GET', `/${id}/revisions/2`, 200);
    await call('GET', `/${id}/functions`, 200);
    await call('GET', `/${id}/requires-object`, 200);
    await call('POST', `/${id}/requires-object`, 204, { requiresObject: false });
    await call('POST', '', 400, {});
    await call('GET', '/4711', 404);
    await call('DELETE', `/${id}`, 204);
  });

  it('is every operation of the description but those of functions', () => {
    const described = describedOperations(['automation-actions'])
      .filter((operation) => !/callbacks|functions\//.test(operation))
      .map(shapeOf);
    expect([...asked].sort()).toEqual([...new Set(described)].sort());
  });
});

/** A condition of a rule is a list, as in HubSpot's guide; its description calls it an object. */
function asDescribed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asDescribed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [name, name === 'conditions' ? {} : asDescribed(part)]),
  );
}
