import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { drizzle } from 'drizzle-orm/node-postgres';
import fc from 'fast-check';
import pg from 'pg';
import { createOutbox, defineEvent, InvalidEventError, OutboxError } from '../../../src/sdk/outbox/outbox.js';
import type { OutboxSettings } from '../../../src/sdk/outbox/outbox.js';
import { z } from 'zod';
import { createTestDatabase } from '../../support/database.js';
import type { TestDatabase } from '../../support/database.js';

const ANN = { driverId: 'd-1', email: 'ann@example.com' };

let database: TestDatabase;
/** An application's connection, with a table of its own that goes with it. */
let client: pg.Client;
let lines: { level: string; message: string; fields: unknown }[];
const logger = Object.fromEntries(
  (['info', 'warn', 'error'] as const).map((level) => [
    level,
    (message: string, fields?: object) => lines.push({ level, message, fields }),
  ]),
) as unknown as NonNullable<OutboxSettings<[]>['logger']>;

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(() => database.drop());

beforeEach(async () => {
  lines = [];
  await database.admin.query('TRUNCATE outbox_inbox');
  client = new pg.Client({ connectionString: database.url.reveal() });
  await client.connect();
  await client.query('CREATE TEMP TABLE orders (id int PRIMARY KEY)');
});

afterEach(() => client.end());

const inbox = async () =>
  (await client.query('SELECT * FROM outbox_inbox ORDER BY id')).rows as Record<string, unknown>[];
const orders = async () => (await client.query('SELECT id FROM orders')).rows.length;

describe('trackEvent', () => {
  it("is committed with the caller's transaction, and gone with it", async () => {
    const { trackEvent } = createOutbox();
    await client.query('BEGIN; INSERT INTO orders VALUES (1)');
    const occurredAt = new Date('2026-10-01T00:00:00Z');
    const tracked = await trackEvent(
      client,
      'nova_earned',
      { ...ANN, amount: 5 },
      { key: 'k1', orderingKey: 'o', portalId: 4711, occurredAt },
    );
    await client.query('COMMIT');
    expect(await inbox()).toMatchObject([
      {
        id: tracked.status === 'captured' ? tracked.id : 'none',
        type: 'nova_earned',
        payload: { ...ANN, amount: 5 },
        event_key: 'k1',
        ordering_key: 'o',
        portal_id: '4711',
        occurred_at: occurredAt,
        version: 1,
        note: null,
      },
    ]);
    await client.query('BEGIN');
    await trackEvent(client, 'driver_signed_up', ANN);
    await client.query('ROLLBACK');
    expect(await inbox()).toHaveLength(1);
  });

  it('works with pools, with clients outside a transaction, and with drizzle', async () => {
    const captured = { status: 'captured', id: expect.stringMatching(/^\d+$/) };
    const { trackEvent } = createOutbox();
    expect(await trackEvent(database.pool, 'driver_signed_up', ANN)).toEqual(captured);
    expect(await trackEvent(client, 'driver_signed_up', ANN)).toEqual(captured);
    const drizzled = drizzle(client);
    expect(await trackEvent(drizzled, 'driver_signed_up', ANN)).toEqual(captured);
    await drizzled.transaction(async (tx) => {
      expect(await trackEvent(tx, 'driver_signed_up', ANN)).toEqual(captured);
      await tx.transaction(async (inner) => {
        expect(await trackEvent(inner, 'driver_signed_up', ANN)).toEqual(captured);
      });
    });
    const rolledBack = drizzled.transaction(async (tx) => {
      await trackEvent(tx, 'driver_signed_up', ANN);
      tx.rollback();
    });
    await expect(rolledBack).rejects.toThrow();
    expect(await inbox()).toHaveLength(5);
    // A client that does not tell whether it is in a transaction is asked by trying.
    const silent = { query: (text: string, values?: unknown[]) => client.query(text, values) };
    expect(await trackEvent(silent, 'driver_signed_up', ANN)).toMatchObject({ status: 'captured' });
  });

  it.each(['pg', 'drizzle'] as const)(
    "does not take the caller's transaction along when the database refuses it (%s)",
    async (kind) => {
      const outbox = createOutbox({ table: 'missing.outbox_inbox', logger });
      const capture = async () => {
        if (kind === 'pg') {
          await client.query('BEGIN; INSERT INTO orders VALUES (1)');
          const tracked = await outbox.trackEvent(client, 'driver_signed_up', ANN);
          await client.query('INSERT INTO orders VALUES (2); COMMIT');
          return tracked;
        }
        return drizzle(client).transaction(async (tx) => {
          await tx.execute('INSERT INTO orders VALUES (1)');
          const tracked = await outbox.trackEvent(tx, 'driver_signed_up', ANN);
          await tx.execute('INSERT INTO orders VALUES (2)');
          return tracked;
        });
      };
      expect(await capture()).toEqual({
        status: 'failed',
        transaction: 'usable',
        reason: expect.stringContaining('sluice outbox install'),
      });
      expect(await orders()).toBe(2);
      expect(lines).toEqual([
        { level: 'error', message: 'An event could not be written and is lost', fields: expect.anything() },
      ]);
    },
  );

  describe('on a connection that has captured before', () => {
    const statements = async () => {
      const { rows } = await client.query<{ name: string }>(
        'SELECT name FROM pg_prepared_statements ORDER BY name',
      );
      return rows.map(({ name }) => name);
    };
    const begun = async () => {
      const outbox = createOutbox({ logger });
      await client.query('BEGIN; INSERT INTO orders VALUES (1)');
      expect(await outbox.trackEvent(client, 'driver_signed_up', ANN)).toMatchObject({ status: 'captured' });
      expect(await statements()).toEqual([]);
      return outbox;
    };

    it('is a prepared call, with all that the first one kept', async () => {
      const { trackEvent } = await begun();
      const options = { key: 'k2', orderingKey: 'o', portalId: 4711, occurredAt: new Date(0) };
      await trackEvent(client, 'driver_signed_up', ANN, options);
      await client.query('COMMIT');
      expect(await statements()).toEqual(['sluice_capture']);
      expect((await inbox())[1]).toMatchObject({
        ...{ type: 'driver_signed_up', payload: ANN, event_key: 'k2', ordering_key: 'o', portal_id: '4711' },
        ...{ occurred_at: options.occurredAt, version: 1, note: null },
      });
    });

    it('does not take the transaction along when the database refuses it', async () => {
      const { trackEvent } = await begun();
      await client.query('COMMIT');
      await database.admin.query('ALTER TABLE outbox_inbox ADD CONSTRAINT refuse CHECK (false) NOT VALID');
      try {
        await client.query('BEGIN');
        expect(await trackEvent(client, 'driver_signed_up', ANN)).toEqual({
          ...{ status: 'failed', transaction: 'usable', reason: 'the database refused it (23514)' },
        });
      } finally {
        await client.query('INSERT INTO orders VALUES (2); COMMIT');
        await database.admin.query('ALTER TABLE outbox_inbox DROP CONSTRAINT refuse');
      }
      expect(await orders()).toBe(2);
    });

    it('says that the transaction is dead when its prepared statement was taken away, and captures the next one', async () => {
      const { trackEvent } = await begun();
      await trackEvent(client, 'driver_signed_up', ANN);
      await client.query('DEALLOCATE ALL');
      expect(await trackEvent(client, 'driver_signed_up', ANN)).toMatchObject({
        ...{ status: 'failed', transaction: 'aborted' },
      });
      await client.query('ROLLBACK; BEGIN');
      expect(await trackEvent(client, 'driver_signed_up', ANN)).toMatchObject({ status: 'captured' });
      await client.query('COMMIT');
    });

    it('ends with the time that the client gives a query', async () => {
      const url = database.adminUrl.reveal();
      const hasty = new pg.Client({ connectionString: url, query_timeout: 500 });
      await hasty.connect();
      try {
        const { trackEvent } = createOutbox({ logger });
        await hasty.query('BEGIN');
        expect(await trackEvent(hasty, 'driver_signed_up', ANN)).toMatchObject({ status: 'captured' });
        await hasty.query('COMMIT; BEGIN');
        const blocker = await database.admin.connect();
        try {
          await blocker.query('BEGIN; LOCK TABLE outbox_inbox IN ACCESS EXCLUSIVE MODE');
          expect(await trackEvent(hasty, 'driver_signed_up', ANN)).toEqual({
            ...{ status: 'failed', transaction: 'aborted', reason: 'the database could not be asked' },
          });
        } finally {
          await blocker.query('ROLLBACK');
          blocker.release();
        }
      } finally {
        await hasty.end();
      }
    });

    it.each([
      'behind a pooler',
      'without the function',
      'by a client without query classes',
      'by a client that sends its queries ahead',
    ])('is not prepared %s', async (where) => {
      const outbox = createOutbox();
      const function_ = 'sluice_capture(text, text, text, text, bigint, timestamptz, smallint, text)';
      const owner = where === 'without the function' ? database.admin : undefined;
      await owner?.query(`ALTER FUNCTION ${function_} RENAME TO elsewhere`);
      try {
        const { processID, connection } = client as unknown as { processID: number; connection: object };
        const other = {
          query: client.query.bind(client) as never,
          getTransactionStatus: () => 'T',
          processID: where === 'behind a pooler' ? 1 : processID,
          connection: where === 'by a client without query classes' ? undefined : connection,
          pipeline: where === 'by a client that sends its queries ahead',
        };
        await client.query('BEGIN');
        for (let n = 0; n < 3; n += 1)
          expect(await outbox.trackEvent(other, 'driver_signed_up', ANN)).toMatchObject({
            status: 'captured',
          });
        await client.query('COMMIT');
        expect(await statements()).toEqual([]);
        expect(await inbox()).toHaveLength(3);
      } finally {
        await owner?.query(
          `ALTER FUNCTION ${function_.replace('sluice_capture', 'elsewhere')} RENAME TO sluice_capture`,
        );
      }
    });
  });

  it.each(['nothing', 'the result of the first', 'no rows'])(
    "keeps the caller's transaction where a driver shows %s of several statements in one message",
    async (shows) => {
      const show = (result: pg.QueryResult | pg.QueryResult[]) => {
        if (!Array.isArray(result)) return result.rows; // as TypeORM's QueryRunner does
        return shows === 'nothing' ? undefined : shows === 'no rows' ? [] : result[0];
      };
      const runner = {
        query: async (text: string, values?: unknown[]) => show(await client.query(text, values)),
      };
      const { trackEvent } = createOutbox();
      await client.query('BEGIN; INSERT INTO orders VALUES (1)');
      const tracked = await trackEvent(runner, 'driver_signed_up', ANN);
      await client.query('INSERT INTO orders VALUES (2)');
      expect((await client.query('COMMIT')).command).toBe('COMMIT');
      expect(tracked).toEqual({ status: 'captured', id: (await inbox())[0]?.['id'] });
      expect([await orders(), (await inbox()).length]).toEqual([2, 1]);
    },
  );

  it.each(['the first', 'the second'])(
    "is lost alone where a time-out of the caller's own ends it, as %s event of a connection",
    async (which) => {
      const { trackEvent } = createOutbox({ logger });
      if (which === 'the second') {
        await client.query('BEGIN');
        await trackEvent(client, 'driver_signed_up', ANN);
        await client.query('ROLLBACK');
      }
      const blocker = await database.admin.connect();
      try {
        await blocker.query('BEGIN; LOCK TABLE outbox_inbox IN ACCESS EXCLUSIVE MODE');
        for (const timeOut of ['statement_timeout', 'lock_timeout']) {
          await client.query(`BEGIN; SET LOCAL ${timeOut} = '100ms'; INSERT INTO orders VALUES (1)`);
          const tracked = await trackEvent(client, 'driver_signed_up', ANN);
          expect(tracked).toMatchObject({ status: 'failed', transaction: 'usable' });
          expect((await client.query('COMMIT')).command).toBe('COMMIT');
          expect(await orders()).toBe(1);
          await client.query('TRUNCATE orders');
        }
      } finally {
        await blocker.query('ROLLBACK');
        blocker.release();
      }
    },
  );

  it('throws rather than be silent where it cannot protect the transaction', async () => {
    const { trackEvent } = createOutbox({ table: 'missing.outbox_inbox', savepoint: false });
    await client.query('BEGIN; INSERT INTO orders VALUES (1)');
    await expect(trackEvent(client, 'driver_signed_up', ANN)).rejects.toThrow(OutboxError);
    await client.query('ROLLBACK');
    expect(await trackEvent(client, 'driver_signed_up', ANN)).toMatchObject({
      status: 'failed',
      transaction: 'usable',
    });
  });

  it('says so when the transaction was dead before, and leaves it to the caller', async () => {
    const { trackEvent } = createOutbox();
    await client.query('BEGIN');
    await expect(client.query('SELECT 1/0')).rejects.toThrow();
    expect(await trackEvent(client, 'driver_signed_up', ANN)).toMatchObject({
      status: 'failed',
      transaction: 'aborted',
    });
    await client.query('ROLLBACK');
    expect(await trackEvent(client, 'driver_signed_up', ANN)).toMatchObject({ status: 'captured' });
  });

  it('leaves savepoints of the caller as they are', async () => {
    const { trackEvent } = createOutbox();
    await client.query('BEGIN; SAVEPOINT mine; INSERT INTO orders VALUES (1)');
    await trackEvent(client, 'driver_signed_up', ANN);
    await client.query('ROLLBACK TO SAVEPOINT mine; COMMIT');
    expect(await orders()).toBe(0);
    expect(await inbox()).toHaveLength(0);
  });

  it('keeps an invalid event with its reason, and throws when strict', async () => {
    const { trackEvent } = createOutbox({ logger });
    const invalid = { driverId: 'd-1', email: 'SECRET', amount: -1 };
    const tracked = await trackEvent(client, 'nova_earned', invalid);
    expect(tracked).toMatchObject({ status: 'invalid', reason: expect.stringContaining('email:') });
    expect(await trackEvent(client, 'no_such_type' as 'nova_earned', invalid)).toMatchObject({
      status: 'invalid',
      reason: expect.stringContaining('not a known event type'),
    });
    const cyclic: Record<string, unknown> = { ...ANN };
    cyclic['self'] = cyclic;
    expect(await trackEvent(client, 'driver_signed_up', cyclic as never)).toMatchObject({
      status: 'invalid',
      reason: 'self contains itself',
    });
    expect(await trackEvent(client, 'driver_signed_up', { ...ANN, city: 'x'.repeat(70_000) })).toMatchObject({
      status: 'invalid',
    });
    expect(
      (await inbox()).map(({ note, payload }) => [typeof note, (payload as typeof ANN).driverId]),
    ).toEqual(Array(4).fill(['string', 'd-1']));
    await expect(trackEvent(client, 'nova_earned', invalid, { strict: true })).rejects.toThrow(
      InvalidEventError,
    );
    expect(await inbox()).toHaveLength(4);
    expect(JSON.stringify(lines)).not.toContain('SECRET');
  });

  it('never throws, whatever it is given', async () => {
    const { trackEvent } = createOutbox({ logger });
    await client.query('BEGIN');
    await fc.assert(
      fc.asyncProperty(
        fc.anything(),
        fc.anything(),
        fc.anything({ withDate: true, withBigInt: true }),
        async (type, some, payload) => {
          const options = { key: some, orderingKey: some, portalId: some, occurredAt: some } as never;
          const tracked = await trackEvent(client, type as never, payload as never, options);
          expect(['invalid', 'captured']).toContain(tracked.status);
        },
      ),
      {
        numRuns: 200,
        examples: [
          [{ toString: '' }, undefined, {}],
          [Symbol('x'), undefined, {}],
        ],
      },
    );
    await client.query('COMMIT');
    expect(await trackEvent(undefined as never, 'driver_signed_up', ANN)).toMatchObject({ status: 'failed' });
  });

  it('stores any text as it is, whatever the settings of the connection', async () => {
    const note = defineEvent({
      name: 'said',
      version: 1,
      description: '',
      schema: z.object({ text: z.string() }),
      example: { text: '' },
      orderingKey: () => null,
      effects: () => [],
    });
    const { trackEvent } = createOutbox({ types: [note] });
    const piece = fc.constantFrom("'", '"', '\\', "\\'", "''", '$1', ';--', '\n', 'E', '😀', 'ü', '$$');
    const text = fc
      .array(fc.oneof(piece, fc.string({ unit: 'binary' })), { maxLength: 12 })
      .map((pieces) => pieces.join('').replaceAll('\u0000', ''));
    // As parameters, and as literals where the connection is not known.
    const unknown = { query: (statement: string, values?: unknown[]) => client.query(statement, values) };
    for (const [conforming, connection] of (['on', 'off'] as const).flatMap((each) =>
      [client, unknown].map((one) => [each, one] as const),
    )) {
      await client.query(
        `SET standard_conforming_strings = ${conforming}; SET escape_string_warning = off; BEGIN`,
      );
      await fc.assert(
        fc.asyncProperty(text, async (said) => {
          const tracked = await trackEvent(
            connection,
            'said',
            { text: said },
            said === '' || said.length > 200 ? {} : { orderingKey: said },
          );
          const id = tracked.status === 'captured' ? tracked.id : 'none';
          const { rows } = await client.query(
            'SELECT payload, ordering_key FROM outbox_inbox WHERE id = $1',
            [id],
          );
          expect(rows).toEqual([
            { payload: { text: said }, ordering_key: said === '' || said.length > 200 ? null : said },
          ]);
        }),
        { numRuns: 150 },
      );
      await client.query('COMMIT');
    }
  });

  it('of applications in other languages captures nothing where it is switched off', async () => {
    const track = () => client.query(`SELECT sluice_track_event('nova_earned', '{}') AS id`);
    await client.query('SET sluice.enabled = off');
    expect((await track()).rows).toEqual([{ id: null }]);
    await client.query('SET sluice.enabled = on');
    expect((await track()).rows).toEqual([{ id: expect.stringMatching(/^\d+$/) }]);
    expect(await inbox()).toHaveLength(1);
  });

  it('captures nothing when switched off, and says so once', async () => {
    const { trackEvent } = createOutbox({ enabled: false, logger });
    expect(await trackEvent(client, 'driver_signed_up', ANN)).toEqual({ status: 'disabled' });
    expect(await trackEvent(client, 'driver_signed_up', ANN)).toEqual({ status: 'disabled' });
    expect(await inbox()).toHaveLength(0);
    expect(lines).toHaveLength(1);
  });

  it('is checked by the compiler', async () => {
    const { trackEvent } = createOutbox();
    // @ts-expect-error -- no such type
    expect(await trackEvent(client, 'driver_signed_in', ANN)).toMatchObject({ status: 'invalid' });
    // @ts-expect-error -- the amount is missing
    expect(await trackEvent(client, 'nova_earned', ANN)).toMatchObject({ status: 'invalid' });
  });
});
