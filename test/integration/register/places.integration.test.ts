import { createHash, randomUUID } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createRegisterActivities } from '../../../src/activities/register/registerActivities.js';
import { createPortalResolver } from '../../../src/db/portals/portalResolver.js';
import { storeRegistration, type RegistrationRef } from '../../../src/db/register/registrations.js';
import { createLogger } from '../../../src/platform/logger.js';
import { DefinitionsUnread } from '../../../src/services/register/portalDefinitions.js';
import type { StepTried } from '../../../src/temporal/register/contract.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { until } from '../../support/until.js';

const [SLOW, QUICK] = [61_000_001, 61_000_002];
const MOST = 3;

let database: TestDatabase;
let workspaceId: string;
beforeAll(async () => {
  database = await createTestDatabase();
  workspaceId = randomUUID();
  await database.admin.query("INSERT INTO workspaces (id, name) VALUES ($1, 'places')", [workspaceId]);
  for (const portalId of [SLOW, QUICK])
    await database.admin.query('INSERT INTO portals (portal_id, workspace_id) VALUES ($1, $2)', [
      ...[portalId, workspaceId],
    ]);
});
afterAll(() => database.drop());

const hashOf = (text: string) => createHash('sha256').update(text).digest();
async function registered(portalId: number): Promise<RegistrationRef> {
  const { id } = await storeRegistration(database.pool, {
    ...{ workspaceId, portalId, requestHash: hashOf(randomUUID()), bodyHash: hashOf('') },
    given: JSON.stringify({ contact: { email: 'a@example.com' }, deals: [], tickets: [] }),
  });
  return { workspaceId, portalId, registrationId: id };
}

it('registrations of a portal whose answers do not come hold so many places and no more: the others of it come again later, seldom where they have waited long, and those of another portal go on', async () => {
  let answer = (): void => undefined;
  const answered = new Promise<void>((resolve) => (answer = resolve));
  let asked = 0;
  const nobody = () => Promise.reject(new Error('HubSpot is not asked'));
  const { takeStep } = createRegisterActivities({
    ...{ pool: database.pool, gateway: { request: nobody }, make: false, refusePhones: false },
    definitions: {
      async of(portalId) {
        if (portalId === SLOW) {
          asked += 1;
          await answered;
        }
        throw new DefinitionsUnread({ class: 'permanent', message: 'There are none' });
      },
    },
    properties: { ensure: nobody, forget: () => undefined },
    ...{ patience: { tries: 1, firstPauseMs: 1 }, mostOfPortal: MOST },
    logger: createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test'),
    metrics: { ended: () => undefined, tried: () => undefined },
    ...{ writes: { submit: () => undefined }, clock: { nowMs: () => Date.now() } },
    tombstones: { of: nobody },
    portalResolver: createPortalResolver(database.pool),
  });
  const step = (ref: RegistrationRef): Promise<StepTried> =>
    new MockActivityEnvironment().run(() => takeStep(ref, 'check'));

  const inHand: Promise<unknown>[] = [];
  for (let n = 0; n < MOST; n += 1) inHand.push(step(await registered(SLOW)));
  await until('all that may wait for HubSpot do', () => Promise.resolve(asked === MOST), 10_000);
  const turnedAway = await registered(SLOW);
  const early = await step(turnedAway);
  expect(early).toMatchObject({ state: 'again' });
  await database.admin.query(
    "UPDATE registrations SET created_at = now() - interval '20 seconds' WHERE id = $1",
    [turnedAway.registrationId],
  );
  const late = await step(turnedAway);
  const waits = [early, late].map((one) => (one.state === 'again' ? one.inMs : 0));
  expect(waits[0]).toBeLessThan(1000);
  expect(waits[1]).toBeGreaterThan(7000);
  // Nothing was tried of it: no try is counted.
  const { rows } = await database.admin.query('SELECT FROM registration_steps WHERE registration_id = $1', [
    turnedAway.registrationId,
  ]);
  expect(rows).toEqual([]);
  await expect(step(await registered(QUICK))).resolves.toEqual({ state: 'over' });

  answer();
  await Promise.all(inHand);
  await expect(step(turnedAway)).resolves.toEqual({ state: 'over' });
});
