import { createHash, randomUUID } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createRegisterActivities } from '../../../src/activities/register/registerActivities.js';
import { createPortalResolver } from '../../../src/db/portals/portalResolver.js';
import { inWorkspace } from '../../../src/db/tenant.js';
import {
  openSinceMs,
  resumeRegistration,
  storeRegistration,
  type RegistrationRef,
} from '../../../src/db/register/registrations.js';
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
  const stored = await storeRegistration(
    database.pool,
    {
      ...{ workspaceId, portalId, requestHash: hashOf(randomUUID()), bodyHash: hashOf('') },
      given: JSON.stringify({ contact: { email: 'a@example.com' }, deals: [], tickets: [] }),
    },
    100,
  );
  if (!stored) throw new Error('It was turned away');
  return { workspaceId, portalId, registrationId: stored.id };
}

it('registrations of a portal whose answers do not come hold so many places and no more: the others of it wait in the order of their age or come again later, and those of another portal go on', async () => {
  let answer = (): void => undefined;
  const answered = new Promise<void>((resolve) => (answer = resolve));
  let asked = 0;
  const nobody = () => Promise.reject(new Error('HubSpot is not asked'));
  const { takeStep } = createRegisterActivities({
    ...{ pool: database.pool, gateway: { request: nobody }, make: false, refusePhones: false },
    definitions: {
      async of({ portalId }) {
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
  const old = await registered(SLOW);
  await database.admin.query(
    "UPDATE registrations SET created_at = now() - interval '20 seconds' WHERE id = $1",
    [old.registrationId],
  );
  const young = await registered(SLOW);
  const turnedAway = step(young);
  const inLine = step(old);
  expect(await turnedAway).toMatchObject({ state: 'again' });
  // Nothing was tried of it: no try is counted.
  const { rows } = await database.admin.query('SELECT FROM registration_steps WHERE registration_id = $1', [
    young.registrationId,
  ]);
  expect(rows).toEqual([]);
  await expect(step(await registered(QUICK))).resolves.toEqual({ state: 'over' });

  answer();
  await Promise.all(inHand);
  await expect(inLine).resolves.toEqual({ state: 'over' });
  await expect(step(young)).resolves.toEqual({ state: 'over' });
});

it('one that is resumed long after it was made is as young as its resume', async () => {
  const ref = await registered(QUICK);
  await database.admin.query(
    `UPDATE registrations SET created_at = now() - interval '1 hour', state = 'failed' WHERE id = $1`,
    [ref.registrationId],
  );
  expect(await openSinceMs(database.pool, ref)).toBeLessThan(Date.now() - 3_500_000);
  await inWorkspace(database.pool, workspaceId, (client) => resumeRegistration(client, ref));
  expect(await openSinceMs(database.pool, ref)).toBeGreaterThan(Date.now() - 60_000);
});
