import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MIRROR, runMirrorJob } from '../../scripts/lib/mirrorJob.mjs';
import { createProgress } from '../../scripts/lib/progress.mjs';
import { summarizeMirror } from '../../scripts/lib/verdict.mjs';
import { LOOK_EVERY_MS, passScheduleId } from '../../src/temporal/sync/schedules.js';
import type { Page } from '../support/apiClient.js';
import { installApp } from '../support/installApp.js';
import { startStack, type Stack } from '../support/stack.js';
import { until } from '../support/until.js';

let stack: Stack;
beforeAll(async () => {
  // A day of a minute has few calls: the questions for deleted records are too large a share of them.
  stack = await startStack({ env: { ERROR_SHARE_PERCENT: '0' } });
}, 60_000);
afterAll(() => stack?.stop(), 30_000);

it('what `npm start` shows of the mirror: 5,000 contacts with their companies, 200 edits, 50 deletes and 10 merges, none missing, none too many, each told once, without a 429', async () => {
  const said: string[] = [];
  const found = await runMirrorJob({
    ...{ sandboxUrl: stack.sandboxProcess.url, apiUrl: stack.apis[0]!.url, apiKey: stack.secrets.apiKey },
    portalId: await stack.connectPortal(),
    progress: { ...createProgress({ tty: false }), say: (line = '') => said.push(line) },
  });
  const { rows, problems } = summarizeMirror(found, MIRROR);
  expect(problems).toEqual([]);
  expect(Object.fromEntries(rows)).toMatchObject({
    mirrored: '500 companies, 4940 contacts',
    associations: '9900, each told at both ends',
    actions: '5500 Created, 20080 Associated, 200 Updated',
    '': '10 Merged, 280 Dissociated, 50 Deleted',
    missing: '0',
    ghosts: '0',
    '429s': '0',
  });
  expect(said.at(-1)).toContain('5500 of 5500 records mirrored');
}, 120_000);

describe('a pass that is asked for', () => {
  /** When its last round has ended. */
  async function lastRound(passes: string): Promise<string | null> {
    const { items } = await stack.api.must<Page<{ pass: string; endedAt: string | null }>>('GET', passes);
    return items.find(({ pass }) => pass === 'archived')?.endedAt ?? null;
  }
  async function mirrorOf(objectType: string): Promise<string> {
    const portalId = await stack.connectPortal();
    await stack.api.must('POST', `/api/sync/${portalId}/${objectType}`, { action: 'start' });
    const mirrors = `/api/sync?portalId=${portalId}`;
    const passes = `/api/sync/${portalId}/${objectType}/passes`;
    const isLoaded = async () => {
      const [{ state } = {}] = (await stack.api.must<Page<{ state: string }>>('GET', mirrors)).items;
      return state === 'following';
    };
    await until('the type is loaded', isLoaded, 60_000);
    await run(passes);
    await nextRound(passes, null);
    return passes;
  }
  const run = (passes: string) => stack.api.must('POST', `${passes}/archived/run`, {});
  const nextRound = (passes: string, before: string | null) =>
    until('a round has ended', async () => (await lastRound(passes)) !== before, 40_000);

  it('begins at once: three rounds, one after the other, take less time than its Schedule has between two', async () => {
    const passes = await mirrorOf('deals');
    const from = performance.now();
    for (let n = 0; n < 3; n += 1) {
      const before = await lastRound(passes);
      await run(passes);
      await nextRound(passes, before);
    }
    expect(performance.now() - from).toBeLessThan(LOOK_EVERY_MS);
  }, 120_000);

  it('is not begun while somebody has paused its Schedule, and is due when that goes on', async () => {
    const passes = await mirrorOf('tickets');
    const schedule = stack.temporal.schedule.getHandle(passScheduleId('archived'));
    const taken = async () => (await schedule.describe()).info.numActionsTaken;
    await schedule.pause('for the test');
    const before = { taken: await taken(), round: await lastRound(passes) };

    await run(passes);
    expect([await taken(), await lastRound(passes)]).toEqual([before.taken, before.round]);
    await schedule.unpause();
    await nextRound(passes, before.round);
  }, 120_000);
});

it('mirrors a custom object by its label, from a link that asks for it to its records, with the properties that were chosen', async () => {
  const portalId = 41_900_017;
  await stack.sandbox.createPortal(portalId);
  const { accessToken } = await stack.sandbox.install(portalId);
  const hubspot = async (path: string, body: unknown) => {
    const response = await fetch(`${stack.sandboxProcess.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (response.status !== 201) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Record<string, unknown>;
  };
  const { objectTypeId } = await hubspot('/crm-object-schemas/2026-03/schemas', {
    ...{ name: 'cars', labels: { singular: 'Car', plural: 'Cars' }, primaryDisplayProperty: 'model' },
    properties: ['model', 'colour'].map((name) => ({ name, label: name, type: 'string', fieldType: 'text' })),
    associatedObjects: ['CONTACT'],
  });
  const properties = { model: 'Beetle', colour: 'red' };
  await hubspot(`/crm/objects/2026-03/${String(objectTypeId)}`, { properties, associations: [] });

  await installApp(stack, portalId, ['throttle'], ['custom_objects']);
  const types = `/api/sync/${portalId}/types`;
  const listed = await until(
    'the custom object is listed',
    async () => {
      const { items } = await stack.api.must<{ items: { label: string; state: string | null }[] }>(
        'GET',
        types,
      );
      return items.find(({ label }) => label === 'Cars');
    },
    60_000,
  );
  expect(listed).toMatchObject({ objectType: objectTypeId, state: null, missingScopes: [], grant: null });
  await stack.api.must('POST', `/api/sync/${portalId}/Cars`, {
    ...{ action: 'start', properties: { mode: 'include', names: ['model'] } },
  });
  const records = await until(
    'its record is mirrored',
    async () => {
      const { items } = await stack.api.must<{ items: { properties: object }[] }>(
        ...(['GET', `/api/objects/car?portalId=${portalId}`] as const),
      );
      return items.length > 0 && items;
    },
    60_000,
  );
  expect(records.map((record) => record.properties)).toEqual([{ model: 'Beetle' }]);
}, 150_000);
