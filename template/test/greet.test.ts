import assert from 'node:assert/strict';
import { test } from 'node:test';
import { greet } from '../actions/greet.js';

const nothing = () => Promise.reject(new Error('It asks HubSpot for nothing'));

test('it greets by name', async () => {
  const said = await greet.run({
    input: { name: 'Ada' },
    object: { objectId: '51', objectType: 'CONTACT', properties: {} },
    portal: { portalId: 41_000_001 },
    context: { source: 'WORKFLOWS', workflowId: '7' },
    hubspot: { readRecord: nothing, createRecord: nothing, updateRecord: nothing },
    secrets: {},
    settings: {},
    key: 'greet-1',
    once: async (_, fn) => fn({ key: 'greet-1' }),
    signal: AbortSignal.timeout(1000),
    log: { info: () => {}, warn: () => {}, error: () => {} },
    attempt: 1,
  });
  assert.deepEqual(said, { greeting: 'Hello, Ada' });
});
