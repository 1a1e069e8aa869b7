import { randomInt } from 'node:crypto';
import { installApp } from '../support/installApp.js';
import { until } from '../support/stack.js';
import type { Fault } from './fault.js';
import { portalRow, tokenProblems, watchTokens } from './installed.js';
import { judgeMirror, portalWith, sandboxed, startMirror, untilLoaded, untilTrue } from './mirror.js';
import { judgeRegistrations, named, registerPlay } from './registrations.js';

const RECORDS = 400;
const ROUNDS = 5;
const AT_ONCE = 2;
const EACH = 6;
const FEATURES = ['throttle', 'sync'] as const;

export const twoInstallsUnderRecords: Fault = {
  id: 'W50',
  title:
    'two people install the app in one portal at the same moment, again and again, also after an uninstall, while registrations are written and webhooks and journal tell of changes',
  async run({ stack: createStack, say }) {
    const stack = await createStack({
      env: { WEBHOOKS_JOURNAL: 'true', WEBHOOKS_JOURNAL_POLL_MS: '500', ERROR_SHARE_PERCENT: '0' },
    });
    await stack.sandbox.settings({ clientCredentialsEnabled: true });
    const writes = await watchTokens(stack);
    const portalId = randomInt(10_000_000, 99_999_999);
    // Throws when one of them is told anything but that it is installed.
    const both = () =>
      Promise.all(Array.from({ length: AT_ONCE }, () => installApp(stack, portalId, FEATURES)));
    const mirrored = await portalWith(stack, RECORDS, async () => {
      await stack.sandbox.createPortal(portalId);
      await both();
      return portalId;
    });
    await startMirror(stack, mirrored);
    await untilLoaded(stack, mirrored, 120_000);
    const targetUrl = new URL('/api/integrations/hubspot/webhooks', stack.actionUrl()).href;
    await stack.sandbox.setWebhooks({ targetUrl, shuffle: true, double: 0.2 });

    const play = registerPlay(stack, portalId);
    const registered: Promise<void>[] = [];
    for (let round = 1; round < ROUNDS; round += 1) {
      registered.push(play.register(named(`round${round}-`, EACH)));
      await sandboxed(stack, 'POST', `/portals/${portalId}/crm/contacts/bulk-edit`, {
        ...{ count: RECORDS, properties: { city: `Town ${round}` } },
      });
      if (round % 2 === 0) await stack.sandbox.uninstall(portalId);
      await both();
    }
    await Promise.all(registered);
    await until(
      'HubSpot has no event left',
      async () => (await stack.sandbox.webhooks()).pending === 0,
      60_000,
    );
    // The contacts that were registered are there as well.
    const all = { portalId, records: RECORDS + play.answered.size };
    await untilTrue(stack, all, 180_000);
    const { givenUp, overflowed, sent } = await stack.sandbox.webhooks();
    const { version, epoch, state } = await portalRow(stack, portalId);
    const installs = AT_ONCE * ROUNDS;
    say(`${installs} installs, ${sent} events, ${play.again} requests came again`);
    const problems = [
      ...(epoch === installs && version >= installs && state === 'active'
        ? []
        : [`After ${installs} installs: token ${version}, epoch ${epoch}, ${state}`]),
      ...(givenUp + overflowed === 0 ? [] : [`${givenUp + overflowed} events were not taken`]),
      ...(await writes.problems()),
      ...(await tokenProblems(stack, portalId)),
    ];
    const mirror = await judgeMirror(stack, [all]);
    return judgeRegistrations([play], {
      problems: [...problems, ...mirror.problems],
      figures: [
        ['installs', installs],
        ['events', sent],
        ...mirror.figures.map(([name, value]) => [`mirror_${name}`, value] as const),
      ],
    });
  },
};
