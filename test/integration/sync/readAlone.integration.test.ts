import { beforeEach, describe, expect, test } from '@jest/globals';
import { MOST_TRIES } from '../../../src/db/sync/setAside.js';
import { findSync } from '../../../src/db/sync/views.js';
import type { SyncedObject } from '../../../src/db/sync/reader.js';
import { forWorkspace } from '../../../src/db/tenant.js';
import type { Properties } from '../../../src/domain/crm/mirroredRecord.js';
import type { GatewayRequest, Outcome } from '../../../src/hubspot/gateway/gateway.js';
import { runPass } from '../../../src/services/sync/passes/runPass.js';
import { asidePass } from '../../../src/services/sync/passes/asidePass.js';
import { runSync } from '../../../src/services/sync/syncRun.js';
import type { TestDatabase } from '../../support/database.js';
import { eachMirror, mirrorDeps, runOptions } from '../../support/mirror.js';
import { until } from '../../support/until.js';
import type { CrmHarness } from '../sandbox/crmHarness.js';
import { PORTAL } from '../sandbox/harness.js';
import { crmGateway } from './crmGateway.js';

const CONTACTS = '/crm/objects/2026-03/contacts';

let database: TestDatabase;
let crm: CrmHarness;
let object: SyncedObject;
const gateway = crmGateway(() => crm);

eachMirror((given) => ({ database, crm, object } = given));
beforeEach(() => {
  gateway.forget();
});

const run = () => runSync(mirrorDeps(database, gateway), runOptions(object));
/** So many properties that an address cannot name them all. */
async function addLongNames(): Promise<void> {
  for (let n = 0; n < 150; n += 1)
    await crm.post('/crm/properties/2026-03/contacts', {
      ...{
        name: `very_long_name_of_a_property_${'x'.repeat(60)}_${n}`,
        label: `L${n}`,
        groupName: 'contactinformation',
      },
      ...{ type: 'string', fieldType: 'text' },
    });
}
async function seed(count: number): Promise<string[]> {
  const inputs = Array.from({ length: count }, (_, n) => ({
    properties: { email: `person${n}@example.com`, firstname: `Name ${n}`, city: 'Bonn' },
    associations: [],
  }));
  const { body } = await crm.post(`${CONTACTS}/batch/create`, { inputs });
  return (body.results as { id: string }[]).map(({ id }) => id).sort((a, b) => Number(a) - Number(b));
}
const edit = async (id: string, city: string) => {
  await crm.patch(`${CONTACTS}/${id}`, { properties: { city } });
  const second = Math.floor(Date.now() / 1000);
  await until('the second is over', () => Math.floor(Date.now() / 1000) > second, 5000, 20);
};
async function mirror() {
  const { rows } = await database.admin.query<{ id: string; properties: Properties }>(
    'SELECT id::text, properties FROM crm_records WHERE workspace_id = $1 AND archived_at IS NULL',
    [object.workspaceId],
  );
  return new Map(rows.map(({ id, properties }) => [id, properties]));
}
type Body = { results: { id: string; properties: Properties }[] };
/** No batch read shows them from now on. */
function hide(ids: readonly string[]): void {
  gateway.changeAnswers(({ resource }: GatewayRequest, outcome: Outcome) => {
    if (resource !== 'readObjects' || outcome.kind !== 'ok') return outcome;
    const body = outcome.body as Body;
    return { ...outcome, body: { ...body, results: body.results.filter(({ id }) => !ids.includes(id)) } };
  });
}

describe('a record that no batch read shows, though it is there', () => {
  test('is read alone when it changes, whether the mirror has had it or not, and holds up none of its page', async () => {
    const ids = await seed(30);
    await run();
    const { body } = await crm.post(CONTACTS, { properties: { email: 'new@example.com', city: 'Kiel' } });
    const made = body.id as string;
    hide([ids[3]!, made]);
    await edit(ids[3]!, 'Bern');
    await edit(ids[4]!, 'Basel');
    await expect(run()).resolves.toMatchObject({ ended: 'done' });
    const now = await mirror();
    expect([now.get(ids[3]!)?.city, now.get(ids[4]!)?.city, now.get(made)?.city]).toEqual([
      ...['Bern', 'Basel', 'Kiel'],
    ]);
    expect(now.get(ids[3]!)).toMatchObject({ email: 'person3@example.com', firstname: 'Name 3' });
  });

  test('is read in as many parts as its names need, with the oldest of the times that they say', async () => {
    const ids = await seed(5);
    await addLongNames();
    await run();
    hide([ids[2]!]);
    await edit(ids[2]!, 'Bern');
    const addresses: number[] = [];
    gateway.answerInstead((request) => {
      if (request.resource === 'readObject')
        addresses.push(encodeURIComponent((request.query?.properties ?? []).join(',')).length);
      return undefined;
    });
    await expect(run()).resolves.toMatchObject({ ended: 'done' });
    expect((await mirror()).get(ids[2]!)).toMatchObject({ city: 'Bern', email: 'person2@example.com' });
    expect(addresses.length).toBeGreaterThan(2);
    expect(Math.max(...addresses)).toBeLessThanOrEqual(12_000);
  });

  test('enters the mirror with the first load where lists are of ids alone', async () => {
    const ids = await seed(20);
    await addLongNames();
    hide(ids.slice(0, 3));
    await run();
    expect([...(await mirror()).keys()].sort()).toEqual([...ids].sort());
  });
});

describe('a batch read that has an error for one record', () => {
  test('holds up none of the others: that one is read alone', async () => {
    const ids = await seed(10);
    await run();
    await edit(ids[2]!, 'Bern');
    await edit(ids[5]!, 'Basel');
    gateway.changeAnswers(({ resource }, outcome) => {
      if (resource !== 'readObjects' || outcome.kind !== 'ok') return outcome;
      const body = outcome.body as Body;
      if (!body.results.some(({ id }) => id === ids[2])) return outcome;
      const error = { ids: [ids[2]!], category: 'INTERNAL_ERROR', message: 'It cannot be shown' };
      return {
        ...{ kind: 'partial', status: 207, errors: [{ ...error, properties: [] }] },
        body: { ...body, results: body.results.filter(({ id }) => id !== ids[2]) },
      } as unknown as Outcome;
    });
    await expect(run()).resolves.toMatchObject({ ended: 'done' });
    const now = await mirror();
    expect([now.get(ids[2]!)?.city, now.get(ids[5]!)?.city]).toEqual(['Bern', 'Basel']);
  });
});

describe('a record that HubSpot refuses at its own address', () => {
  const REFUSED = { kind: 'invalid', status: 400, message: 'no', category: 'VALIDATION_ERROR' };
  let refused: readonly string[] = [];
  /** No batch read shows them, and each is refused where it is asked for alone. */
  function refuse(ids: readonly string[]): void {
    refused = ids;
    hide(ids);
    gateway.answerInstead(({ resource, params }) =>
      resource === 'readObject' && refused.includes((params as { objectId: string }).objectId)
        ? (REFUSED as unknown as Outcome)
        : undefined,
    );
  }
  const tryAgain = () => runPass(mirrorDeps(database, gateway), asidePass, runOptions(object));
  const status = async () =>
    (await findSync(
      forWorkspace(database.pool, object.workspaceId),
      object.workspaceId,
      PORTAL,
      'contacts',
    ))!;
  /** The next try of each is due now. */
  const later = () =>
    database.admin.query(
      `UPDATE sync_states SET set_aside = (
         SELECT coalesce(jsonb_object_agg(key, CASE WHEN value ->> 'nextAt' IS NULL THEN value ELSE value || '{"nextAt": "2026-01-01"}' END), '{}')
           FROM jsonb_each(set_aside)) WHERE workspace_id = $1`,
      [object.workspaceId],
    );

  test('is set aside: its page goes on, status names it, and it is read when HubSpot shows it', async () => {
    const ids = await seed(30);
    await run();
    refuse([ids[3]!]);
    await edit(ids[3]!, 'Bern');
    await edit(ids[4]!, 'Basel');
    await expect(run()).resolves.toMatchObject({ ended: 'done' });
    expect([(await mirror()).get(ids[3]!)?.city, (await mirror()).get(ids[4]!)?.city]).toEqual([
      ...['Bonn', 'Basel'],
    ]);
    expect(await status()).toMatchObject({
      failure: null,
      setAside: {
        ...{ count: 1, ended: 0 },
        records: [{ id: ids[3], reason: 'HubSpot refuses the request for contacts (400)', tries: 0 }],
      },
    });
    gateway.asked.length = 0;
    await expect(tryAgain()).resolves.toMatchObject({ ended: 'done', seen: 0 });
    expect(gateway.asked).toEqual([]);

    gateway.forget();
    await later();
    await expect(tryAgain()).resolves.toMatchObject({ ended: 'done', seen: 1, changed: 1 });
    expect((await mirror()).get(ids[3]!)?.city).toBe('Bern');
    expect((await status()).setAside.count).toBe(0);
  });

  test('is asked for so often and no more, holds up no other that is set aside, and is over when a list shows it', async () => {
    const ids = await seed(10);
    await run();
    refuse(ids.slice(0, 2));
    await edit(ids[0]!, 'Bern');
    await edit(ids[1]!, 'Basel');
    await run();
    refuse([ids[0]!]);
    for (let n = 1; n <= MOST_TRIES; n += 1) {
      await later();
      await expect(tryAgain()).resolves.toMatchObject({ ended: 'done' });
      expect((await status()).setAside.records).toEqual([expect.objectContaining({ id: ids[0], tries: n })]);
    }
    expect((await mirror()).get(ids[1]!)?.city).toBe('Basel');
    expect((await status()).setAside).toMatchObject({ count: 1, ended: 1 });
    await later();
    await expect(tryAgain()).resolves.toMatchObject({ ended: 'done', seen: 0 });

    gateway.forget();
    await edit(ids[0]!, 'Kiel');
    await run();
    await tryAgain();
    expect((await mirror()).get(ids[0]!)?.city).toBe('Kiel');
    expect((await status()).setAside.count).toBe(0);
  });

  test('enters no mirror and holds up no first load where lists are of ids alone', async () => {
    const ids = await seed(20);
    await addLongNames();
    refuse([ids[7]!]);
    await expect(run()).resolves.toMatchObject({ ended: 'done' });
    expect([...(await mirror()).keys()].sort()).toEqual(ids.filter((id) => id !== ids[7]).sort());
    expect((await status()).setAside).toMatchObject({ count: 1, records: [{ id: ids[7] }] });
  });

  test('is one of a hundred at most: where more are refused the type waits, with the reason', async () => {
    const ids = await seed(100);
    for (let n = 0; n < 5; n += 1)
      ids.push(
        (await crm.post(CONTACTS, { properties: { email: `more${n}@example.com` } })).body.id as string,
      );
    await run();
    refuse(ids);
    await database.admin.query(
      `UPDATE crm_records SET modified_at = modified_at - interval '1 hour' WHERE workspace_id = $1`,
      [object.workspaceId],
    );
    await expect(run()).resolves.toMatchObject({ ended: 'failed', errorClass: 'refused' });
    expect(await status()).toMatchObject({ failure: { class: 'refused' }, setAside: { count: 100 } });
  });
});
