import type { Fault } from './fault.js';
import { judgeMirror, portalWith, sandboxed, startMirror, untilLoaded, untilTrue } from './mirror.js';
import { judgeRegistrations, named, registerPlay } from './registrations.js';

const RECORDS = 300;
const EACH = 15;

export const twoServices: Fault = {
  id: 'R50',
  title:
    'two services, each with a database of its own, have the app in one portal: both mirror it and register in it under the same numbers, and neither writes the records of the other',
  async run({ stack: createStack, say }) {
    const one = await createStack({ env: { ERROR_SHARE_PERCENT: '0' } });
    const own = await createStack({
      env: {
        HUBSPOT_API_BASE_URL: one.sandboxProcess.url,
        HUBSPOT_CLIENT_SECRET: one.secrets.clientSecret,
        ERROR_SHARE_PERCENT: '0',
      },
    });
    // At the same HubSpot as the first.
    const other = { ...own, sandbox: one.sandbox, sandboxProcess: one.sandboxProcess };
    const mirrored = await portalWith(one, RECORDS);
    const { portalId } = mirrored;
    const { accessToken } = await one.sandbox.install(portalId);
    await other.api.must('POST', '/api/portals', { portalId, accessToken });
    for (const stack of [one, other]) {
      await startMirror(stack, mirrored);
      await untilLoaded(stack, mirrored, 120_000);
    }
    // The app has one address for its webhooks: the other service hears of what happens by searching.
    const targetUrl = new URL('/api/integrations/hubspot/webhooks', one.actionUrl()).href;
    await one.sandbox.setWebhooks({ targetUrl, shuffle: true, double: 0.2 });
    const plays = [registerPlay(one, portalId), registerPlay(other, portalId)];
    await Promise.all([
      ...plays.map((play, n) => play.register(named(`of${n}-`, EACH))),
      sandboxed(one, 'POST', `/portals/${portalId}/crm/contacts/bulk-edit`, {
        ...{ count: RECORDS, properties: { city: 'Geneva' } },
      }),
    ]);
    const all = { portalId, records: RECORDS + 2 * EACH };
    for (const stack of [one, other]) await untilTrue(stack, all, 180_000);
    const numbers = await Promise.all(
      [one, other].map(async ({ pool }) => {
        const { rows } = await pool.query<{ id: string }>('SELECT id::text FROM registrations');
        return rows.map(({ id }) => id);
      }),
    );
    const shared = numbers[0]?.filter((id) => numbers[1]?.includes(id)) ?? [];
    say(`${shared.length} registrations of either have the same number`);
    const mirrors = [await judgeMirror(one, [all]), await judgeMirror(other, [all])];
    return judgeRegistrations(plays, {
      problems: [
        ...(shared.length > 0 ? [] : ['No number is that of both: nothing was tried']),
        ...mirrors.flatMap(({ problems }) => problems),
      ],
      figures: [['same_numbers', shared.length]],
    });
  },
};
