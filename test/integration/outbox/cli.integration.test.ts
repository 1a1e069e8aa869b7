import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { runCli } from '../../../src/cli/program.js';
import { enqueueEvents } from '../../../src/db/outbox/enqueue.js';
import { newEvent } from '../../support/outboxEvents.js';
import { seedLane, WORKSPACE } from '../../support/throttle.js';
import { startApi, type ApiHarness } from '../http/harness.js';

const PORTAL = 7_300_001;
const place = { workspaceId: WORKSPACE, portalId: PORTAL };

let harness: ApiHarness;
let key: string;
let cwd: string;
beforeEach(async () => {
  harness = await startApi();
  key = await harness.key();
  cwd = mkdtempSync(path.join(tmpdir(), 'sluice-cli-'));
  await seedLane(harness.database.admin, { portalId: PORTAL, limit: 1, intervalMs: 1000 });
});
afterEach(async () => {
  rmSync(cwd, { recursive: true });
  await harness.close();
});

async function sluice(...args: string[]) {
  const seen = { out: '', err: '' };
  const code = await runCli(['outbox', ...args], {
    out: (text) => void (seen.out += text),
    err: (text) => void (seen.err += text),
    env: { SLUICE_API_URL: harness.url, SLUICE_API_KEY: key },
    cwd,
  });
  return { code, ...seen };
}
const payload = JSON.stringify({ driverId: 'd', email: 'd@example.com', amount: 1 });
const file = (name: string, content: unknown) => {
  writeFileSync(path.join(cwd, name), JSON.stringify(content));
  return path.join(cwd, name);
};

describe('sluice outbox', () => {
  it('tells how it stands, lists and shows events, and follows them', async () => {
    const [event] = await enqueueEvents(harness.database.pool, [newEvent(place, 1, { payload })]);
    const id = event!.eventId;
    expect((await sluice('status')).out).toMatch(/^sending +dry run[^]*^unprocessed +1$/m);
    expect((await sluice('list', '--state', 'pending')).out).toMatch(
      new RegExp(`^${id} +${PORTAL} +nova_earned +pending`, 'm'),
    );
    expect((await sluice('show', id)).out).toMatch(/^state +pending$[^]*captured/m);
    expect((await sluice('tail', '--for', '1')).out).toContain(`${id}  ${PORTAL}  nova_earned  pending`);
    expect(JSON.parse((await sluice('list', '--json')).out)).toMatchObject({ items: [{ id }] });
  });

  it('lists dead letters, previews and begins a redrive, cancels it, and discards', async () => {
    const [dead] = await enqueueEvents(harness.database.pool, [
      newEvent(place, 1, { payload, invalid: 'no such portal' }),
    ]);
    const id = dead!.eventId;
    expect((await sluice('dead')).out).toMatch(/nova_earned +invalid +1[^]*no such portal/);
    expect((await sluice('redrive')).code).toBe(2);
    expect((await sluice('redrive', id, '--preview')).out).toMatch(
      /^Sends again 1 event, about \d calls? to HubSpot/,
    );
    expect((await sluice('redrive', '--all', '--per-second', '5', '--yes')).out).toContain(
      '1 event to send again, at 5 a second at most',
    );
    const { items } = JSON.parse((await sluice('redrives', '--json')).out) as { items: { id: string }[] };
    expect((await sluice('redrives', items[0]!.id, '--cancel', '--yes')).out).toContain('cancelled');
    expect((await sluice('discard', id, '--reason', 'a test', '--yes')).out).toBe('1 discarded\n');
    expect((await sluice('dead', '--state', 'discarded', '--wide')).out).toMatch(
      /a test; it had died: no such portal/,
    );
    const unknown = await sluice('redrive', '999', id, '--yes');
    expect([unknown.code, unknown.err]).toEqual([
      1,
      expect.stringMatching(new RegExp(`^There is no such dead letter: ${id}, 999\\. `)),
    ]);
    expect((await sluice('discard', '998', '--reason', 'x', '--yes')).err).toMatch(
      /^There is no such dead letter: 998\./,
    );
    expect((await sluice('discard', '--state', 'discarded', '--reason', 'x')).err).toBe(
      'These are discarded already\n',
    );
    expect((await sluice('replay', '--dry-run-since', '2020-01-01T00:00:00Z', '--preview')).out).toContain(
      '0 events',
    );
  });

  it('sets, shows, tries and deletes a mapping, and lets a type run in the shadow', async () => {
    const mapping = file('paid.json', {
      effects: [{ kind: 'upsertContact', by: { property: 'email', value: '/email' } }],
    });
    expect((await sluice('mappings', 'paid', '--set', mapping)).out).toMatch(/^paid, version 1/);
    expect((await sluice('mappings')).out).toMatch(/^paid +1 /m);
    const good = await sluice('preview', 'paid', '--data', file('a.json', { email: 'a@example.com' }));
    expect(good.out).toContain('POST /crm/');
    const bad = await sluice('preview', 'paid', '--data', file('b.json', {}));
    expect([bad.code, bad.out]).toEqual([1, expect.stringContaining('the payload has no /email')]);
    expect((await sluice('mappings', 'paid', '--delete', '--yes')).out).toBe('paid is deleted\n');
    expect((await sluice('types', 'nova_earned', '--mode', 'shadow')).out).toBe(
      'nova_earned runs in the shadow\n',
    );
    expect((await sluice('types')).out).toMatch(/^nova_earned +1 +shadow/m);
    expect((await sluice('mappings', 'paid', '--set', path.join(cwd, 'nothing.json'))).code).toBe(2);
  });
});
