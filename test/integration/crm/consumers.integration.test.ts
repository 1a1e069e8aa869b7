import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { claimSync, syncsDue } from '../../../src/db/sync/states.js';
import { writePage } from '../../../src/db/sync/pages.js';
import { forWorkspace } from '../../../src/db/tenant.js';
import { mirrored } from '../../../src/domain/crm/mirroredRecord.js';
import { startFeedReceiver } from '../../support/feedReceiver.js';
import { WORKSPACE } from '../../support/throttle.js';
import { until } from '../../support/until.js';
import { ids, OTHER_PORTAL, PORTAL, useConsumers, type Page } from './consumerRig.js';

const rig = useConsumers();
const { ask, make, webhook, shown, act, page, write, deliver, retryNow, look } = rig;

describe('a consumer that asks', () => {
  it('reads on from what it has acknowledged, and again what it has not', async () => {
    await write([1, 2, 3]);
    expect((await make('mine')).body).toMatchObject({
      sink: 'pull',
      state: 'reading',
      lagLimitMinutes: 4320,
    });
    const first = await page('consumer=mine&limit=2');
    expect([ids(first.items), first.more]).toEqual([['1', '2'], true]);
    expect(ids((await page('consumer=mine')).items)).toEqual(['1', '2', '3']);
    const acknowledged = await ask('POST', '/api/consumers/mine/acknowledge', { position: first.next });
    expect(acknowledged).toMatchObject({ status: 200, body: { position: first.next } });
    const rest = await page('consumer=mine');
    expect(ids(rest.items)).toEqual(['3']);
    // Acknowledged late, by another process of theirs: it goes not back.
    await ask('POST', '/api/consumers/mine/acknowledge', { position: rest.next });
    await ask('POST', '/api/consumers/mine/acknowledge', { position: first.next });
    expect((await shown('mine')).position).toBe(rest.next);
  });

  it('gets what it wants, however much lies between: portals, types, actions, with or without a first load', async () => {
    await write([1], { initial: true });
    for (let n = 0; n < 25; n += 1)
      await write(
        Array.from({ length: 100 }, (_, at) => n * 100 + at + 10),
        { portalId: OTHER_PORTAL },
      );
    await write([2], { objectType: 'companies' });
    await write([1]);
    const settings = { portalIds: [PORTAL], objectTypes: ['contacts'], actions: ['Created', 'Updated'] };
    await make('narrow', { ...settings, initial: false });
    const seen: string[] = [];
    for (let after = '', more = true; more;) {
      const next: Page = await page(`consumer=narrow${after}`);
      seen.push(...ids(next.items));
      [after, more] = [`&after=${next.next}`, next.more];
    }
    expect(seen).toEqual(['1']);
    await make('narrow', { ...settings, initial: true, actions: ['Created'] });
    expect(await page('consumer=narrow')).toMatchObject({ items: [{ recordId: '1', initial: true }] });
  });

  it('is set back to a time or a position that is kept, and to nothing that was never answered', async () => {
    await write([1]);
    await make('mine');
    const first = await page('consumer=mine');
    await ask('POST', '/api/consumers/mine/acknowledge', { position: first.next });
    await write([2]);
    const time = new Date(Date.now() - 60_000).toISOString();
    await act('mine', { action: 'rewind', time });
    expect(ids((await page('consumer=mine')).items)).toEqual(['1', '2']);
    await act('mine', { action: 'rewind', position: first.next });
    expect(ids((await page('consumer=mine')).items)).toEqual(['2']);
    await act('mine', { action: 'rewind' });
    expect(ids((await page('consumer=mine')).items)).toEqual([]);
    const madeUp = first.next.replace(/\d+$/, '9999999');
    for (const path of ['/api/consumers/mine', '/api/consumers/mine/acknowledge'])
      expect(
        await ask('POST', path, { ...(path.endsWith('mine') && { action: 'rewind' }), position: madeUp }),
      ).toMatchObject({ status: 400 });
  });

  it('is one of fifty at most of a workspace, however many are made at once', async () => {
    const made = await Promise.all(Array.from({ length: 60 }, (_, n) => make(`of-many-${n}`)));
    const refused = made.filter(({ status }) => status === 409);
    expect(made.filter(({ status }) => status < 300)).toHaveLength(50);
    expect(refused).toHaveLength(10);
    expect(refused[0]!.body.detail).toContain('50 consumers at most');
    const { body } = await ask<{ items: unknown[] }>('GET', '/api/consumers?limit=200');
    expect(body.items).toHaveLength(50);
  });

  it('is paused and goes on; what it may be is said in words, and two people do not undo one another', async () => {
    const made = await make('mine', { objectTypes: ['contacts'] });
    const etag = made.headers.get('etag')!;
    await act('mine', { action: 'pause', reason: 'moving house' });
    expect(await ask('GET', '/api/changes?consumer=mine')).toMatchObject({ status: 409 });
    expect(await shown('mine')).toMatchObject({ state: 'paused', pause: { reason: 'moving house' } });
    await act('mine', { action: 'resume' });
    expect((await ask('GET', '/api/changes?consumer=mine')).status).toBe(200);
    expect((await ask('PUT', '/api/consumers/mine', {}, { 'if-match': etag })).status).toBe(200);
    expect((await ask('PUT', '/api/consumers/mine', {}, { 'if-match': etag })).status).toBe(412);
    for (const [settings, field] of [
      [{ sink: 'webhook' }, 'url'],
      [{ url: 'https://a.example.com' }, 'url'],
      [{ sink: 'webhook', url: 'http://10.0.0.1/' }, 'url'],
      [{ objectTypes: ['contact'] }, 'objectTypes'],
      [{ lagLimitMinutes: 10_000 }, 'lagLimitMinutes'],
    ] as const)
      expect(await make('other', settings)).toMatchObject({
        status: 400,
        body: { detail: expect.stringContaining(field) as unknown },
      });
    expect((await ask('DELETE', '/api/consumers/mine')).status).toBe(204);
    expect((await ask('GET', '/api/changes?consumer=mine')).status).toBe(404);
  });

  it('is told that changes were removed before it had them, once', async () => {
    await write([1]);
    await make('late');
    await look();
    const { admin } = rig.harness.database;
    await admin.query(`UPDATE crm_consumers SET unread_since = now() - interval '8 days'`);
    await admin.query('DELETE FROM crm_changes');
    await write([2]);
    await look();
    const told = await page('consumer=late');
    expect([told.expired, ids(told.items)]).toEqual([true, ['2']]);
    await ask('POST', '/api/consumers/late/acknowledge', { position: told.next });
    expect(await page('consumer=late')).toMatchObject({ expired: false, items: [] });
    expect((await shown('late')).missedAt).toBeNull();
  });

  it('goes on after a restore, and is told of it', async () => {
    await write([1]);
    await make('mine');
    const before = await page('consumer=mine');
    await ask('POST', '/api/consumers/mine/acknowledge', { position: before.next });
    const { admin } = rig.harness.database;
    await admin.query(`INSERT INTO installations (id, from_event_id, place, reason)
      SELECT 'fedcba987654', from_event_id + 1, place, 'test' FROM installations`);
    try {
      await write([2]);
      const after = await page('consumer=mine');
      expect([after.restored, ids(after.items)]).toEqual([true, ['2']]);
      await ask('POST', '/api/consumers/mine/acknowledge', { position: after.next });
      expect((await page('consumer=mine')).restored).toBe(false);
      await admin.query('DELETE FROM crm_changes');
    } finally {
      await admin.query(`DELETE FROM installations WHERE id = 'fedcba987654'`);
    }
  });
});

describe('a webhook', () => {
  it('is called with what follows, signed, a hundred at most, and moves on', async () => {
    const { body } = await webhook('hook');
    expect(body.secret).toMatch(/^whsec_/);
    await write(Array.from({ length: 250 }, (_, n) => n + 1));
    expect(await deliver('hook')).toEqual({ delivered: 250, dead: 0, ended: 'done' });
    expect(rig.receiver.calls.map(({ items }) => items.length)).toEqual([100, 100, 50]);
    const { headers, text } = rig.receiver.calls[0]!;
    const [, at, mac] = /^t=(\d+),v1=([0-9a-f]+)$/.exec(String(headers['x-sluice-signature']))!;
    expect(mac).toBe(createHmac('sha256', body.secret!).update(`${at}.${text}`).digest('hex'));
    expect(headers['x-sluice-consumer']).toBe('hook');
    expect(await shown('hook')).toMatchObject({
      failure: null,
      position: rig.receiver.taken.at(-1)!.position,
    });
    expect((await webhook('hook')).body.secret).toBeUndefined();
  });

  it('that fails is tried again with growing pauses, from where it was, and none is passed over', async () => {
    await webhook('hook');
    await write([1, 2]);
    rig.receiver.answers = () => 503;
    for (const inARow of [1, 2, 3]) {
      expect((await deliver('hook')).ended).toBe('failed');
      expect(await shown('hook')).toMatchObject({
        state: 'failing',
        failure: { inARow, message: 'It answered 503' },
      });
      expect((await deliver('hook')).ended).toBe('not_taken');
      await retryNow();
    }
    rig.receiver.answers = () => 200;
    expect(await deliver('hook')).toMatchObject({ delivered: 2, ended: 'done' });
    expect(ids(rig.receiver.taken)).toEqual(['1', '2']);
    expect(await shown('hook')).toMatchObject({ state: 'reading', failure: null });
  });

  it('that refuses one change for good gets the others; the same record waits behind it, and all is sent again in order', async () => {
    await webhook('hook');
    await write([1, 2, 3, 4, 5]);
    rig.receiver.answers = ({ items }) => (items.some(({ recordId }) => recordId === '3') ? 422 : 200);
    for (let tries = 0; tries < 3; tries += 1) {
      await deliver('hook');
      await retryNow();
    }
    expect(new Set(ids(rig.receiver.taken))).toEqual(new Set(['1', '2', '4', '5']));
    await write([3, 4]);
    expect(await deliver('hook')).toMatchObject({ delivered: 1, dead: 1, ended: 'done' });
    const { body: dead } = await ask<{ items: unknown[] }>('GET', '/api/consumers/hook/dead-letters');
    expect(dead.items).toMatchObject([
      { recordId: '3', status: 422 },
      { recordId: '3', status: null },
    ]);
    expect((await shown('hook')).deadLetters).toBe(2);

    const before = rig.receiver.taken.length;
    rig.receiver.answers = () => 200;
    expect((await ask('POST', '/api/consumers/hook/dead-letters', { action: 'redrive' })).body).toEqual({
      count: 2,
    });
    expect(await look()).toHaveLength(1);
    await write([3]);
    expect(await deliver('hook')).toMatchObject({ delivered: 3, ended: 'done' });
    expect(rig.receiver.taken.slice(before).map(({ action }) => action)).toEqual([
      'Created',
      'Updated',
      'Updated',
    ]);
    expect((await shown('hook')).deadLetters).toBe(0);
  });

  it('that refuses all that it is sent ends none of it, for more than an hour of pauses', async () => {
    await webhook('hook');
    await write([1, 2]);
    rig.receiver.answers = () => 400;
    for (let tries = 0; tries < 11; tries += 1) {
      expect(await deliver('hook')).toMatchObject({ dead: 0, ended: 'failed' });
      await retryNow();
    }
    expect(await deliver('hook')).toMatchObject({ dead: 2 });
    expect((await ask('POST', '/api/consumers/hook/dead-letters', { action: 'discard' })).body).toEqual({
      count: 2,
    });
  });

  it('that is set back, paused or deleted while it is called moves nothing', async () => {
    await webhook('hook');
    await write([1]);
    const start = (await shown('hook')).position;
    rig.receiver.answers = async () => {
      await act('hook', { action: 'rewind', time: '2020-01-01T00:00:00Z' });
      return 200;
    };
    expect((await deliver('hook')).ended).toBe('lost');
    rig.receiver.answers = () => 200;
    expect(await deliver('hook')).toMatchObject({ delivered: 1, ended: 'done' });
    expect((await shown('hook')).position).not.toBe(start);
    await act('hook', { action: 'pause' });
    await write([2]);
    expect((await deliver('hook')).ended).toBe('not_taken');
    expect(await look()).toEqual([]);
  });

  it('that does not answer holds up no other', async () => {
    await webhook('slow');
    const other = await startFeedReceiver();
    try {
      await make('quick', { sink: 'webhook', url: other.url });
      await write([1]);
      let answer = (_status: number): void => undefined;
      rig.receiver.answers = () => new Promise((resolve) => (answer = resolve));
      const slow = deliver('slow');
      expect(await deliver('quick')).toMatchObject({ delivered: 1, ended: 'done' });
      expect((await slow).ended).toBe('failed');
      answer(200);
    } finally {
      await other.close();
    }
  });
});

describe('a consumer that is further behind than its limit', () => {
  const behind = () =>
    rig.harness.database.admin.query(`UPDATE crm_changes SET recorded_at = now() - interval '10 minutes'`);
  const claimed = async (portalId: number, objectType: string) =>
    (await claimSync(rig.harness.database.pool, { workspaceId: WORKSPACE, portalId, objectType })) !==
    undefined;

  it('makes the mirror of what it wants wait, with its name, and that goes on by itself', async () => {
    await write([1]);
    await make('slow', { portalIds: [PORTAL], objectTypes: ['contacts'], lagLimitMinutes: 5 });
    await behind();
    // The reader that wrote has left.
    await rig.harness.database.admin.query('UPDATE sync_states SET lease_until = NULL');
    await look();
    expect(await shown('slow')).toMatchObject({ state: 'behind' });
    const due = await syncsDue(rig.harness.database.pool, 100);
    expect(due).not.toContainEqual(expect.objectContaining({ portalId: PORTAL, objectType: 'contacts' }));
    expect(due).toHaveLength(3);
    expect(await claimed(PORTAL, 'contacts')).toBe(false);
    expect(await claimed(PORTAL, 'companies')).toBe(true);
    expect((await ask('GET', `/api/sync/${PORTAL}/contacts`)).body).toMatchObject({
      waitsFor: { consumer: 'slow' },
    });
    const attention = await ask<{ items: { kind: string; happened: string }[] }>('GET', '/api/attention');
    expect(attention.body.items).toContainEqual(
      expect.objectContaining({
        kind: 'consumer_behind',
        happened: expect.stringContaining('slow') as unknown,
      }),
    );

    const { next } = await page('consumer=slow');
    expect(await ask('POST', '/api/consumers/slow/acknowledge', { position: next })).toMatchObject({
      status: 200,
      body: { state: 'reading' },
    });
    expect(await claimed(PORTAL, 'contacts')).toBe(true);
    expect((await ask('GET', `/api/sync/${PORTAL}/contacts`)).body).toMatchObject({ waitsFor: null });
  });
});

describe('a transaction that stays open', () => {
  it('holds the feed up, is named, and nothing that commits late is passed over', async () => {
    await make('mine');
    const { admin } = rig.harness.database;
    const open = await admin.connect();
    try {
      await open.query('BEGIN');
      await open.query('SELECT pg_current_xact_id()');
      const reader = { workspaceId: WORKSPACE, portalId: PORTAL, objectType: 'contacts', epoch: 0, fence: 1 };
      await writePage(forWorkspace(rig.harness.database.pool, WORKSPACE), reader, {
        records: [
          mirrored({
            id: '7',
            properties: {},
            createdAt: '2026-01-01T00:00:00Z',
            modifiedAt: '2026-01-01T00:00:00Z',
          }),
        ],
        readAt: new Date(),
        ...{ source: 'test', initial: false, cursor: { version: 1, kind: 'follow', from: 0 } },
      });
      expect((await page('consumer=mine')).items).toEqual([]);
      await admin.query(`UPDATE crm_changes SET recorded_at = now() - interval '10 minutes'`);
      const { body } = await ask<{ items: { kind: string; happened: string; mend: string }[] }>(
        'GET',
        '/api/attention',
      );
      const item = body.items.find(({ kind }) => kind === 'feed_held');
      expect(item?.happened).toMatch(/waits for the session \d+ of /);
      await open.query('COMMIT');
      const shownAll = await until(
        'the change is shown',
        async () => {
          const now = await page('consumer=mine');
          return now.items.length > 0 && now;
        },
        20_000,
      );
      expect(ids(shownAll.items)).toEqual(['7']);
    } finally {
      await open.query('ROLLBACK');
      open.release();
    }
  });
});
