import { until, type Stack } from '../support/stack.js';
import { askHubSpot, recordsAtHubSpot } from './atHubSpot.js';
import type { Fault } from './fault.js';
import { sandboxed } from './mirror.js';
import { judgeRegistrations, named, registerPlay, STAGES } from './registrations.js';

const CALLERS = 200;
const ROWS = 100;
/** Each so many-th is one that HubSpot refuses. */
const EVERY = 10;
const KEY = 'external_id';
const REGISTRATIONS = 12;

interface Row {
  readonly status: string;
}

export const poisonAmongWrites: Fault = {
  id: 'R36',
  title:
    'one in ten of the records that 200 callers write at once is refused by HubSpot, and so is a deal of each registration: the others go on, each caller is told of its own, and what was mended is resumed',
  async run({ stack: createStack, say }) {
    const stack = await createStack({
      env: { ERROR_SHARE_PERCENT: '0', API_REQUESTS_PER_MINUTE: '1000000' },
    });
    const portalId = await stack.connectPortal();
    const { accessToken } = await stack.sandbox.install(portalId);
    await askHubSpot(stack, accessToken, 'POST', '/crm/properties/2026-03/contacts', {
      ...{ name: KEY, label: 'External id', groupName: 'contactinformation' },
      ...{ type: 'string', fieldType: 'text', hasUniqueValue: true },
    });
    const problems: string[] = [];
    const wanted = new Set<string>();
    const recordOf = (prefix: string, n: number) => {
      const isBad = n % EVERY === EVERY - 1;
      const name = `${prefix}${n}`;
      if (!isBad) wanted.add(name);
      return { isBad, name, email: `${name}@example.${isBad ? 'con' : 'com'}` };
    };

    await Promise.all(
      Array.from({ length: CALLERS }, async (_, n) => {
        const { isBad, name, email } = recordOf('single', n);
        const { status, body } = await written(stack, portalId, '', {
          ...{ idProperty: KEY, properties: { [KEY]: name, email } },
        });
        const isRight = isBad ? status === 400 && JSON.stringify(body).includes('email') : status < 300;
        if (!isRight) problems.push(`${name} is answered ${status}: ${JSON.stringify(body)}`);
      }),
    );
    const rows = Array.from({ length: ROWS }, (_, n) => recordOf('row', n));
    const { status, body } = await written<{ results: Row[] }>(stack, portalId, '/batch/upsert', {
      idProperty: KEY,
      records: rows.map(({ name, email }) => ({ id: name, properties: { email } })),
    });
    if (status !== 200) problems.push(`The batch is answered ${status}: ${JSON.stringify(body)}`);
    else
      for (const [n, { isBad, name }] of rows.entries())
        if ((body.results[n]?.status === 'failed') !== isBad)
          problems.push(`${name} is answered ${JSON.stringify(body.results[n])}`);
    const contacts = await recordsAtHubSpot(stack, accessToken, 'contacts', `properties=${KEY}`);
    const there = contacts.map(({ properties }) => properties[KEY] ?? '');
    if (there.length !== wanted.size || !there.every((name) => wanted.has(name)))
      problems.push(`${there.length} contacts are there, and ${wanted.size} should be`);
    say(`${there.length} of ${CALLERS + ROWS} were written`);

    const registering = await stack.connectPortal();
    const play = registerPlay(stack, registering);
    await stack.sandbox.settings({ enforceValidationRules: 'always' });
    await rules(stack, registering, {
      conditional: [{ property: 'dealstage', value: STAGES[1], requires: ['amount'] }],
    });
    let isMended = (): void => undefined;
    const mended = new Promise<void>((resolve) => (isMended = resolve));
    const all = play.register(named('caller', REGISTRATIONS), { atOnce: REGISTRATIONS, mended });
    problems.push(...(await failures(stack, registering)));
    await rules(stack, registering, {});
    isMended();
    await all;
    return judgeRegistrations([play], { problems, figures: [['written', there.length]] });
  },
};

function written<T>(stack: Stack, portalId: number, path: string, body: object) {
  return stack.api.request<T>('POST', `/api/objects/contacts${path}?portalId=${portalId}`, body);
}

const rules = (stack: Stack, portalId: number, plan: object) =>
  sandboxed(stack, 'PUT', `/portals/${portalId}/crm/deals/rules`, plan);

/** Waits until each has failed, and says what is not as it should be: one deal is named, all else is written. */
async function failures(stack: Stack, portalId: number): Promise<string[]> {
  interface Shown {
    readonly deal_ids: readonly (string | null)[];
    readonly ticket_ids: readonly (string | null)[];
    readonly failed: readonly { readonly row: string; readonly property: string | null }[];
  }
  const items = await until(
    'each registration has failed',
    async () => {
      const path = `/crm/register?portalId=${portalId}&state=failed&limit=100`;
      const page = await stack.api.must<{ items: Shown[] }>('GET', path);
      return page.items.length === REGISTRATIONS && page.items;
    },
    60_000,
  );
  return items.flatMap(({ deal_ids: deals, ticket_ids: tickets, failed }) => {
    const isNamed = failed.length === 1 && failed[0]?.row === 'deals.1' && failed[0].property === 'amount';
    const isWritten = deals[0] !== null && deals[1] === null && tickets.every((id) => id !== null);
    return isNamed && isWritten
      ? []
      : [`A registration failed so: ${JSON.stringify({ deals, tickets, failed })}`];
  });
}
