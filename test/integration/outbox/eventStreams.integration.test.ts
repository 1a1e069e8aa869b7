import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { seedLane } from '../../support/throttle.js';
import { startApi, type ApiHarness } from '../http/harness.js';

const PORTAL = 7_100_011;

let harness: ApiHarness;
beforeAll(async () => {
  harness = await startApi();
  await seedLane(harness.database.admin, { portalId: PORTAL, limit: 1, intervalMs: 1000 });
});
afterAll(() => harness.close());
beforeEach(async () => {
  for (const table of ['pending', 'dead', 'history', 'keys'])
    await harness.database.admin.query(`DELETE FROM outbox_${table}`);
});

const signedUp = (n: number, more: object = {}) =>
  JSON.stringify({
    type: 'driver_signed_up',
    payload: { driverId: `d-${n}`, email: `d${n}@example.com`, ...more },
    portalId: PORTAL,
  });

async function stream(lines: Iterable<string>, headers: Readonly<Record<string, string>> = {}) {
  const encoder = new TextEncoder();
  const source = lines[Symbol.iterator]();
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const { value, done } = source.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
  });
  const response = await fetch(`${harness.url}/api/events`, {
    method: 'POST',
    headers: {
      authorization: harness.authorization,
      'content-type': 'application/x-ndjson',
      ...headers,
    },
    body,
    duplex: 'half',
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
const pending = async () => {
  const { rows } = await harness.database.admin.query<{ n: number }>(
    'SELECT count(*)::int AS n FROM outbox_pending',
  );
  return rows[0]!.n;
};

describe('POST /api/events with application/x-ndjson', () => {
  it('captures an event a line, counts what became of them, and names the first lines that are wrong', async () => {
    const unknown = JSON.stringify({ type: 'moon_landing', payload: {}, portalId: PORTAL });
    const lines = [signedUp(1), '', 'canary no json', signedUp(2), unknown, '{"type":7}', signedUp(3)];
    const { status, body } = await stream([lines.join('\r\n')]);
    expect(status).toBe(202);
    expect(body).toEqual({
      ...{ lines: 6, captured: 3, duplicate: 0, conflict: 0, invalid: 1, refused: 2 },
      problems: [
        { line: 3, message: 'The line is not JSON' },
        { line: 6, message: expect.stringContaining('type') },
        { line: 5, message: expect.stringContaining('moon_landing') },
      ],
      omittedProblems: 0,
    });
    expect(await pending()).toBe(3);
  });

  it('takes loads of any size: many times what a request may be', async () => {
    function* lines(): Generator<string> {
      for (let n = 0; n < 300; n += 1) yield `${signedUp(n, { source: 'x'.repeat(60_000) })}\n`;
    }
    const { body } = await stream(lines());
    expect(body).toMatchObject({ lines: 300, invalid: 300, omittedProblems: 280 }); // the source is too long
  });

  it('passes over a line that is too long, and takes those around it', async () => {
    const { body } = await stream([signedUp(1), '\n', 'x'.repeat(3_000_000), '\n', signedUp(2)]);
    expect(body).toMatchObject({
      ...{ lines: 3, captured: 2, refused: 1 },
      problems: [{ line: 2, message: 'The line is longer than 256 KiB' }],
    });
  });

  it('names twenty problems and counts the others', async () => {
    const { body } = await stream([Array.from({ length: 1000 }, () => 'no').join('\n')]);
    expect(body).toMatchObject({ refused: 1000, omittedProblems: 980 });
    expect(body.problems).toHaveLength(20);
  });

  it('captures nothing twice when it is sent again under its Idempotency-Key', async () => {
    const lines = [1, 2, 3].map((n) => `${signedUp(n)}\n`);
    const headers = { 'idempotency-key': 'load-1' };
    expect((await stream(lines, headers)).body).toMatchObject({ captured: 3, duplicate: 0 });
    expect((await stream(lines, headers)).body).toMatchObject({ captured: 0, duplicate: 3 });
    expect(await pending()).toBe(3);
  });
});
