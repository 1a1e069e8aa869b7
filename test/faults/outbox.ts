import { until, type Stack, type StackOptions } from '../support/stack.js';
import { askHubSpot, recordsAtHubSpot, type RecordAtHubSpot } from './atHubSpot.js';
import type { Figures, Verdict } from './oracle.js';

/*
 * What the faults of the outbox share: an application that captures events with many kinds of effects, and the judge,
 * who joins what the application committed with what HubSpot has and with the rows that are left. It knows nothing of
 * how events are delivered.
 */

/** Of one driver: counters that must be exact, a note and a deal that must be there once. */
const EARNED = [5, 7];
const REDEEMED = 3;
const PROPERTIES = [
  ['sluice_counted', 'string'],
  ['sluice_driver_id', 'string'],
  ['sluice_nova_earned', 'number'],
  ['sluice_nova_last_earned_at', 'datetime'],
  ['sluice_nova_redeemed', 'number'],
  ['sluice_nova_last_redeemed_at', 'datetime'],
  ['sluice_redemptions', 'number'],
  ['sluice_first_redemption_at', 'datetime'],
] as const;
/**
 * Of a portal that does not let us make properties: notes and deals have no key of ours there, so that creates stand
 * in the ledger alone.
 */
const NO_SCHEMA = [
  ...['oauth', 'automation', 'tickets', 'analytics.behavioral_events.send'],
  ...['contacts', 'companies', 'deals'].flatMap((one) => [
    `crm.objects.${one}.read`,
    `crm.objects.${one}.write`,
  ]),
];

export const OUTBOX_ENV = { HUBSPOT_SEND_LIVE: 'true', OUTBOX_CIRCUIT_COOL_DOWN_MS: '3000' } as const;

export interface OutboxPlay {
  readonly stack: Stack;
  readonly portalId: number;
  /** Drivers whose events were committed. */
  drivers: number;
  /**
   * Commits the events of so many more drivers. Where it throws nobody knows whether they were committed; a repeat does
   * no harm if the play is `repeatable`: its events have keys.
   */
  capture(drivers: number): Promise<void>;
  /** Events that are neither processed nor dead. */
  waiting(): Promise<number>;
}

export async function outboxPlay(
  createStack: (options?: StackOptions) => Promise<Stack>,
  options: StackOptions & { readonly keyed?: boolean; readonly repeatable?: boolean } = {},
): Promise<OutboxPlay> {
  const { keyed = false, repeatable = false, ...rest } = options;
  const stack = await createStack({ ...rest, env: { ...OUTBOX_ENV, ...rest.env } });
  const portalId = await stack.connectPortal();
  // Of its own: others may be connecting portals at this moment.
  const { accessToken } = await stack.sandbox.install(portalId);
  for (const [name, type] of PROPERTIES) {
    const fieldType = type === 'string' ? 'text' : type === 'number' ? 'number' : 'date';
    const body = { groupName: 'contactinformation', name, label: name, type, fieldType };
    const whole = { ...body, hasUniqueValue: false, formField: false };
    await askHubSpot(stack, accessToken, 'POST', '/crm/properties/2026-03/contacts', whole);
  }
  if (!keyed) await stack.sandbox.grantOnly(portalId, NO_SCHEMA);
  await stack.api.must('PUT', '/api/outbox/mappings/order', {
    effects: [
      { kind: 'upsertContact', by: { property: 'email', value: '/email' }, properties: {} },
      {
        kind: 'upsertRecord',
        objectType: 'deals',
        properties: { dealname: '/name' },
        associations: [{ to: { effect: 0 } }],
      },
    ],
  });
  const play: OutboxPlay = {
    stack,
    portalId,
    drivers: 0,
    async capture(count) {
      const from = play.drivers;
      const client = await stack.pool.connect();
      let lost = false;
      const noted = () => void (lost = true); // the statement that meets it says so
      client.on('error', noted);
      try {
        await client.query('BEGIN');
        for (let n = from; n < from + count; n += 1)
          for (const [index, [type, payload]] of eventsOf(n).entries()) {
            const key = repeatable ? `driver-${n}-${index}` : null;
            await client.query('SELECT sluice_track_event($1, $2, $3, $4, $5)', [
              ...[type, JSON.stringify(payload), key, `driver-${n}`, portalId],
            ]);
          }
        await client.query('COMMIT');
      } catch (error) {
        lost = true; // no statement of this transaction is to come after it
        throw error;
      } finally {
        client.off('error', noted);
        client.release(lost);
      }
      play.drivers = from + count;
    },
    async waiting() {
      const { rows } = await stack.pool.query<{ n: number }>(
        'SELECT ((SELECT count(*) FROM outbox_inbox) + (SELECT count(*) FROM outbox_pending WHERE portal_id = $1))::int AS n',
        [portalId],
      );
      return rows[0]?.n ?? 0;
    },
  };
  return play;
}

const emailOf = (n: number): string => `driver${n}@example.com`;

function eventsOf(n: number): [string, object][] {
  const who = { driverId: `d-${n}`, email: emailOf(n) };
  return [
    ...EARNED.map((amount): [string, object] => ['nova_earned', { ...who, amount }]),
    ['nova_redeemed', { ...who, amount: REDEEMED, redemptionId: `r-${n}` }],
    ['first_redemption_completed', { ...who, redemptionId: `r-${n}` }],
    ['generic', { name: 'order', data: { email: who.email, name: `Order of driver ${n}` } }],
  ];
}

export async function untilDelivered(play: OutboxPlay, deadlineMs: number): Promise<void> {
  await until('every event is processed or dead', async () => (await play.waiting()) === 0, deadlineMs, 200);
}

/**
 * Lost: events without an end, and effects that HubSpot does not have. Doubled: counters above what was committed,
 * and records beyond one per event and beyond the answers that are on record as lost.
 */
export async function judgeOutbox(
  play: OutboxPlay,
  expected: { readonly dead?: number; readonly foreign429?: boolean } = {},
  own: { problems?: readonly string[]; figures?: Figures } = {},
): Promise<Verdict> {
  const { stack, portalId, drivers } = play;
  const problems: string[] = [];
  // Before the judge begins to ask: it uses the same limit.
  const report = await stack.sandbox.report({ portalId });
  const refused = report.portals[0]?.rejected429 ?? 0;
  // With a token of its own: others may have been connected since, or that of before was taken away.
  const { accessToken } = await stack.sandbox.install(portalId);
  const { rows } = await stack.pool.query<{
    processed: number;
    dead: number;
    ambiguous: number;
    twice: number;
  }>(
    `SELECT (SELECT count(*) FROM outbox_history WHERE portal_id = $1 AND mode = 'live')::int AS processed,
            (SELECT count(*) FROM outbox_dead WHERE portal_id = $1)::int AS dead,
            (SELECT coalesce(sum(ambiguous), 0) FROM outbox_ledger WHERE portal_id = $1)::int AS ambiguous,
            (SELECT count(*) - count(DISTINCT id) FROM outbox_history WHERE portal_id = $1)::int AS twice`,
    [portalId],
  );
  const { processed, dead, ambiguous, twice } = rows[0]!;
  const committed = drivers * eventsOf(0).length;
  let lost = Math.max(0, committed - processed - dead);
  let doubled = twice + Math.max(0, processed + dead - committed);
  if (dead !== (expected.dead ?? 0))
    problems.push(`${dead} dead letters, ${expected.dead ?? 0} of them by the fault`);

  const names = PROPERTIES.map(([name]) => name).join(',');
  const contacts = await recordsAtHubSpot(stack, accessToken, 'contacts', `properties=email,${names}`);
  const byEmail = new Map<string, RecordAtHubSpot[]>();
  for (const one of contacts)
    byEmail.set(one.properties.email ?? '', [...(byEmail.get(one.properties.email ?? '') ?? []), one]);
  const wanted = {
    sluice_nova_earned: EARNED.reduce((sum, one) => sum + one, 0),
    sluice_nova_redeemed: REDEEMED,
    sluice_redemptions: 1,
  };
  for (let n = 0; n < drivers; n += 1) {
    const [contact, ...more] = byEmail.get(emailOf(n)) ?? [];
    doubled += more.length;
    if (!contact) {
      lost += 1;
      continue;
    }
    for (const [name, value] of Object.entries(wanted)) {
      const has = Number(contact.properties[name] ?? 0);
      if (has < value) lost += 1;
      if (has > value) doubled += 1;
      if (has !== value) problems.push(`${name} of driver ${n} is ${has}, not ${value}`);
    }
  }
  let unsure = 0;
  for (const [objectType, what] of [
    ['notes', 'hs_note_body'],
    ['deals', 'dealname'],
  ] as const) {
    const records = await recordsAtHubSpot(
      stack,
      accessToken,
      objectType,
      `properties=${what}&associations=contacts`,
    );
    const owners = records.map(({ associations }) => associations?.contacts?.results[0]?.id);
    const perDriver = new Map<string, number>();
    for (const owner of owners)
      if (owner !== undefined) perDriver.set(owner, (perDriver.get(owner) ?? 0) + 1);
    const missing = drivers - perDriver.size;
    if (missing > 0) {
      lost += missing;
      problems.push(`${missing} drivers have no ${objectType}`);
    }
    unsure += records.length - drivers;
  }
  // What HubSpot cannot deduplicate may be there twice, if its answer was lost, and each such case is on record.
  if (unsure > ambiguous) {
    doubled += unsure - ambiguous;
    problems.push(`${unsure} records too many, and only ${ambiguous} lost answers are on record`);
  }
  if (refused > 0 && !expected.foreign429) problems.push(`${refused} × 429`);
  return {
    problems: [
      ...(lost > 0 ? [`${lost} lost`] : []),
      ...(doubled > 0 ? [`${doubled} doubled`] : []),
      ...problems.slice(0, 10),
      ...(own.problems ?? []),
    ],
    figures: [
      ['lost', lost],
      ['dup', doubled],
      ['ambiguous', ambiguous],
      ['events', committed],
      ['429', refused],
      ...(own.figures ?? []),
    ],
  };
}
