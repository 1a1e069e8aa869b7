import { createJournalActivities } from '../../activities/webhooks/journalActivities.js';
import { distrustJournal, journalStanding } from '../../db/webhooks/journal.js';
import { createAppToken } from '../../hubspot/journal/appToken.js';
import { createJournalClient } from '../../hubspot/journal/journalClient.js';
import { createJournalFileReader } from '../../hubspot/journal/journalFile.js';
import { createJournalPace } from '../../hubspot/journal/journalPace.js';
import { check } from '../../services/checks.js';
import { createUninstalls } from '../../services/webhooks/followUninstall.js';
import { journalCheck } from '../../services/webhooks/journalCheck.js';
import { createJournalInstruments } from '../../services/webhooks/journalInstruments.js';
import { JOURNAL_QUEUE } from '../../temporal/webhooks/contract.js';
import type { JournalStarter } from '../../temporal/webhooks/starter.js';
import type { WorkerCore } from '../core.js';
import type { Sweep } from '../reconciler.js';
import type { WorkerRoom } from '../room.js';

const LOOK_EVERY_MS = 15_000;
const MAX_PER_SWEEP = 500;

/** HubSpot's webhooks journal: what reads it, and what sees to it that it is read, or not relied on. */
export function createJournalPart(
  core: WorkerCore,
  temporal: JournalStarter,
  stopping: AbortSignal,
): Pick<WorkerRoom, 'activities' | 'sweeps' | 'checks'> {
  const { config, pool, logger, owner, portalResolver, tokens, keeper, oauth, transport } = core;
  const isOn = config.WEBHOOKS_JOURNAL;
  const metrics = createJournalInstruments(core.metrics, async () =>
    isOn ? journalStanding(pool) : undefined,
  );
  const client = createJournalClient({
    ...{ transport, config, logger, metrics },
    token: createAppToken(oauth),
    pace: createJournalPace(),
  });
  const uninstalled = createUninstalls({
    ...{ pool, portals: portalResolver, tokens, metrics, logger },
    notify: (portalId) => keeper.notifyChanged(portalId),
  });
  const readsJournal: Sweep = {
    name: 'journalRead',
    everyMs: LOOK_EVERY_MS,
    timeoutMs: 20_000,
    async run() {
      await temporal.startJournal();
      return 1;
    },
  };
  return {
    // What it told of is searched meanwhile: it holds up nothing.
    checks: isOn ? [{ ...check('webhooksJournal', journalCheck(pool)), helpful: true }] : [],
    activities: {
      [JOURNAL_QUEUE]: createJournalActivities({
        ...{ config, pool, portals: portalResolver, client, uninstalled, owner, metrics, logger, stopping },
        readFile: createJournalFileReader({ config }),
      }),
    },
    sweeps: [
      ...(isOn ? [readsJournal] : []),
      // Also while it is switched off: what it told of before is searched by itself again.
      {
        name: 'journalDistrusted',
        everyMs: LOOK_EVERY_MS,
        timeoutMs: 20_000,
        run: () => distrustJournal(pool, MAX_PER_SWEEP),
      },
    ],
  };
}
