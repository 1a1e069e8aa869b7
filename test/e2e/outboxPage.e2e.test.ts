import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startStack, until, type Stack } from '../support/stack.js';

const PAGE = readFileSync(path.resolve(import.meta.dirname, '../../docs/outbox.md'), 'utf8');

/** The blocks of code of one language in the section under a heading. */
function blocks(heading: string, language: string): string[] {
  const section = PAGE.split(new RegExp(`^#+ ${heading}$`, 'm'))[1]?.split(/^#+ /m)[0] ?? '';
  return section
    .split(`\`\`\`${language}\n`)
    .slice(1)
    .map((rest) => rest.split('\n```')[0] ?? '');
}

describe('docs/outbox.md', () => {
  let stack: Stack;
  let portalId: number;

  beforeAll(async () => {
    stack = await startStack({ env: { HUBSPOT_SEND_LIVE: 'true' } });
    portalId = await stack.connectPortal();
  }, 120_000);
  afterAll(() => stack.stop());

  interface Event {
    readonly id: string;
    readonly state: string;
    readonly lastError: string | null;
    readonly effects: readonly { readonly state: string }[];
  }
  const ended = ({ state }: Pick<Event, 'state'>) => ['processed', 'dead', 'invalid'].includes(state);

  it('has a mapping that works as it is printed: each effect of its event takes place', async () => {
    const [mapping = '', data = ''] = blocks('Mappings', 'json');
    await stack.api.must('PUT', '/api/outbox/mappings/invoice_paid', JSON.parse(mapping));
    const payload = { name: 'invoice_paid', data: JSON.parse(data) as unknown };
    const { id } = await stack.api.must<Event>('POST', '/api/events', { type: 'generic', payload, portalId });
    const event = await until(
      'the event has ended',
      async () => {
        const found = await stack.api.must<Event>('GET', `/api/events/${id}`);
        return ended(found) && found;
      },
      30_000,
    );
    expect(event).toMatchObject({ state: 'processed', lastError: null });
    expect(event.effects.map(({ state }) => state)).toEqual(['done', 'done', 'done']);
  }, 60_000);

  it('has three queries that sluice_monitor may run, and that find what they say', async () => {
    for (const driver of [{ driverId: 'd-1', email: 'd1@example.com' }, { driverId: 'd-2' }])
      await stack.pool.query('SELECT sluice_track_event($1, $2, NULL, NULL, $3)', [
        'driver_signed_up',
        JSON.stringify(driver),
        portalId,
      ]);
    await until(
      'both have ended',
      async () => {
        const query = `type=driver_signed_up&portalId=${portalId}`;
        const { items } = await stack.api.must<{ items: Event[] }>('GET', `/api/events?${query}`);
        return items.length === 2 && items.every(ended);
      },
      30_000,
    );
    const monitor = await stack.pool.connect();
    try {
      await monitor.query('SET ROLE sluice_monitor');
      const [open = '', failed = '', last = ''] = blocks('Looking at it by SQL', 'sql');
      expect((await monitor.query(open)).rows).toEqual([{ event_type: 'driver_signed_up', count: '1' }]);
      expect((await monitor.query(failed)).rows).toEqual([
        expect.objectContaining({
          event_type: 'driver_signed_up',
          last_error: expect.stringContaining('email'),
        }),
      ]);
      expect((await monitor.query(last)).rows.map(({ event_type }) => event_type)).toEqual([
        'driver_signed_up',
        'generic',
      ]);
      await expect(monitor.query('SELECT 1 FROM outbox_pending')).rejects.toThrow(/permission denied/);
    } finally {
      await monitor.query('RESET ROLE');
      monitor.release();
    }
  }, 60_000);
});
