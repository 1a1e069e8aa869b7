import { setTimeout as delay } from 'node:timers/promises';
import {
  claimJournal,
  journalAtEnd,
  leaveJournal,
  loseJournal,
  type JournalClaim,
} from '../../db/webhooks/journal.js';
import { tellOfReads } from '../../db/webhooks/intake.js';
import type { Pool } from '../../db/pool.js';
import type { PortalResolver } from '../../db/portals/portalResolver.js';
import type { JournalFile } from '../../domain/webhooks/journalEvent.js';
import { isDataError } from '../../db/dataError.js';
import type { JournalClient } from '../../hubspot/journal/journalClient.js';
import type { Refused } from '../../hubspot/wire/refused.js';
import type { ReadJournalFile } from '../../hubspot/journal/journalFile.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { leftMs, withDeadline } from '../../platform/deadline.js';
import type { Logger } from '../../platform/logger.js';
import { sideBySide } from '../../platform/sideBySide.js';
import { JournalFailure } from './journalFailure.js';
import type { JournalMetrics } from './journalInstruments.js';
import { passOver, readFileAt, refusedFile } from './nextFile.js';
import { storeJournalFile, type StoredFile } from './storeJournalFile.js';

/*
 * One turn of reading HubSpot's webhooks journal: file by file, each in one transaction with the place behind it, until
 * its time is over. At the end it asks again and again whether something follows: the journal is one for all portals,
 * so what is quiet in all of them costs one request each time, and none a portal.
 */

export interface JournalDependencies {
  readonly pool: Pool;
  readonly portals: PortalResolver;
  readonly client: JournalClient;
  readonly readFile: ReadJournalFile;
  /** The app has left a portal, says HubSpot. */
  readonly uninstalled: (event: { portalId: number; occurredAtMs: number | null }) => Promise<void>;
  /** For so long the uninstalls of one file are followed; 20 s if absent. */
  readonly uninstallsMs?: number;
  /** For so long it is looked behind a file that cannot be read; 30 s if absent. */
  readonly lookMs?: number;
  /** Names this process. */
  readonly owner: string;
  readonly metrics: JournalMetrics;
  readonly logger: Logger;
}

export interface JournalTurnOptions {
  readonly signal: AbortSignal;
  /** Monotonic. */
  readonly untilMs: number;
  /** Between two questions whether something follows. */
  readonly pollMs: number;
  readonly onProgress: (progress: JournalProgress) => void;
}

export interface JournalProgress {
  /** What is behind it is read next. */
  readonly offset: string | null;
  readonly files: number;
  readonly events: number;
}

export type JournalTurn = JournalProgress & {
  /** `done`: its time is over. */
  readonly ended: 'done' | 'failed' | 'lost' | 'not_taken';
  readonly nextInMs: number;
};

const NOT_TAKEN_MS = 5000;
const UNINSTALLS_AT_ONCE = 4;
/** For the uninstalls of one file. */
const UNINSTALLS_MS = 20_000;
const FAILED = { firstMs: 1000, mostMs: 60_000 };

class Late extends Error {}

/** An audit cannot tell what was erased for a person from what was deleted. */
const ERASURES_MISSED =
  'What HubSpot has erased for a person meanwhile is deleted here and not erased: the audits that follow name it (npx sluice sync erasures); erase it (npx sluice records erase)';

/** Another process has it. */
class JournalTaken extends Error {}

export async function followJournal(
  deps: JournalDependencies,
  options: JournalTurnOptions,
): Promise<JournalTurn> {
  const { pool, client, logger, metrics } = deps;
  const claim = await claimJournal(pool, deps.owner);
  if (!claim) return { offset: null, files: 0, events: 0, ended: 'not_taken', nextInMs: NOT_TAKEN_MS };
  crashPoint('webhooks.journal.claimed');
  if (claim.takenOver) client.pace.takenOver();
  const turn: Turn = { claim, files: 0, events: 0 };
  try {
    while (!options.signal.aborted && performance.now() < options.untilMs) {
      const step = await readNext(deps, turn);
      crashPoint('webhooks.journal.step-ended');
      options.onProgress(progressOf(turn));
      if (step === 'end')
        await delay(options.pollMs, undefined, { signal: options.signal }).catch((error: unknown) => {
          if (!options.signal.aborted) throw error;
        });
    }
    await leaveJournal(pool, claim.fence);
    return { ...progressOf(turn), ended: 'done', nextInMs: 0 };
  } catch (error) {
    if (error instanceof JournalTaken) return { ...progressOf(turn), ended: 'lost', nextInMs: NOT_TAKEN_MS };
    if (!(error instanceof JournalFailure)) throw error;
    const { code, message, how } = error;
    crashPoint('webhooks.journal.failed');
    metrics.failed(code);
    if (how.isOfSettings)
      logger.error(
        'The webhooks journal stands still until a person has looked: a file of it may not be read from where HubSpot says that it is',
        { code, reason: message },
      );
    else
      logger.warn("HubSpot's webhooks journal could not be read; it is tried again", {
        code,
        reason: message,
      });
    await leaveJournal(pool, claim.fence, { code, message, isFile: how.fileTries !== undefined });
    const failures = turn.files > 0 ? 0 : claim.failures;
    const ownMs = Math.min(FAILED.mostMs, FAILED.firstMs * 2 ** Math.min(failures, 10));
    const nextInMs = Math.max(ownMs, Math.min(how.retryAfterMs ?? 0, FAILED.mostMs));
    return { ...progressOf(turn), ended: 'failed', nextInMs };
  }
}

interface Turn {
  claim: JournalClaim;
  files: number;
  events: number;
}

const progressOf = ({ claim, files, events }: Turn): JournalProgress => ({
  offset: claim.offset,
  files,
  events,
});

async function readNext(deps: JournalDependencies, turn: Turn): Promise<'end' | 'more'> {
  const { client, pool } = deps;
  const { claim } = turn;
  const answer = await client.entryBehind(claim.offset);
  crashPoint('webhooks.journal.asked');
  switch (answer.kind) {
    case 'refused':
      throw failureOf(answer);
    case 'end':
      if (!(await journalAtEnd(pool, claim.fence))) throw new JournalTaken();
      return 'end';
    case 'lost':
      await lose(deps, turn);
      return 'more';
    case 'entry':
      await readEntry(deps, turn, answer).catch((error: unknown) =>
        goOnBehind(deps, turn, answer.offset, error),
      );
      return 'more';
  }
}

async function readEntry(
  deps: JournalDependencies,
  turn: Turn,
  entry: { readonly offset: string; readonly url: string },
): Promise<void> {
  const { pool, metrics, logger } = deps;
  const file = await readFileAt(deps.readFile, entry.url);
  crashPoint('webhooks.journal.downloaded');
  // Before its place is kept, and harmless to repeat: what died in between is done again.
  await followUninstalls(deps, file);
  crashPoint('webhooks.journal.uninstalls-followed');
  const stored = await storeJournalFile(
    { pool, portals: deps.portals },
    turn.claim,
    entry.offset,
    file,
  ).catch((error: unknown) => {
    if (!isDataError(error)) throw error;
    throw refusedFile();
  });
  if (!stored) throw new JournalTaken();
  crashPoint('webhooks.journal.committed');
  metrics.file(file, stored);
  if (file.unreadable > 0)
    logger.error('Events of the webhooks journal name no portal; they are lost', {
      ...{ count: file.unreadable, offset: entry.offset },
    });
  if (stored.refused > 0)
    logger.error('The database refuses events of the webhooks journal; the others of their file are stored', {
      ...{ count: stored.refused, offset: entry.offset },
    });
  turn.claim = { ...turn.claim, offset: entry.offset, fileTries: 0 };
  turn.files += 1;
  turn.events += file.events.length;
  tell(deps, stored);
}

/**
 * Of all portals that a file names together, with an end: an uninstall is a hint, and where HubSpot does not say in
 * time what is true of it, the refusal of the portal's next refresh does. All other portals wait for the file.
 */
async function followUninstalls(deps: JournalDependencies, { lifecycle }: JournalFile): Promise<void> {
  const { uninstalled, logger } = deps;
  const left = lifecycle.filter(({ isInstall }) => !isInstall);
  const untilMs = performance.now() + (deps.uninstallsMs ?? UNINSTALLS_MS);
  const all = sideBySide({
    atOnce: UNINSTALLS_AT_ONCE,
    take: () => Promise.resolve(left.splice(0, 1)),
    hasTime: () => performance.now() < untilMs,
    work: uninstalled,
  }).then(({ failures: [first] }) => {
    if (first) throw first;
  });
  try {
    return await withDeadline(all, leftMs(untilMs), () => new Late());
  } catch (error) {
    if (!(error instanceof Late)) throw error;
  }
  // What still comes of those that were asked for changes their portals, and nothing here.
  all.catch((error: unknown) => logger.warn('An uninstall could not be followed', { error }));
  logger.warn('HubSpot did not say in time whether the app has left portals; their next refresh does', {
    portals: lifecycle.filter(({ isInstall }) => !isInstall).length,
  });
}

/** A file that could not be read, while others can, holds up none of them. */
async function goOnBehind(
  deps: JournalDependencies,
  turn: Turn,
  offset: string,
  error: unknown,
): Promise<void> {
  if (!(error instanceof JournalFailure) || error.how.fileTries === undefined) throw error;
  const { metrics, logger } = deps;
  const { claim } = turn;
  const passed = await passOver(deps, claim, offset, error);
  if (passed === 'held') throw error;
  if (!passed) throw new JournalTaken();
  metrics.failed(error.code);
  metrics.setAside();
  logger.error(
    `A file of the webhooks journal cannot be read, and is passed over: events may be missing since then. All that the journal told of is searched and audited. ${ERASURES_MISSED}`,
    {
      ...{ offset, code: error.code, reason: error.message },
      ...{ lostFrom: passed.lostFrom?.toISOString(), setAside: passed.setAside },
    },
  );
  turn.claim = { ...claim, offset, fileTries: 0 };
}

/** Nobody waits for it, and who does not hear it finds the reads by itself. */
function tell({ pool, logger }: JournalDependencies, { toRead }: StoredFile): void {
  const once = new Map(toRead.map((object) => [JSON.stringify(object), object]));
  if (once.size > 0)
    tellOfReads(pool, [...once.values()]).catch((error: unknown) =>
      logger.warn('Who reads records for the webhooks journal was not told; it looks by itself', { error }),
    );
}

/**
 * From the first that HubSpot has: all that it has kept is read again, which does no harm, and what it has kept no more
 * is found by searches and an audit (journal_distrust.sql).
 */
async function lose({ pool, metrics, logger }: JournalDependencies, turn: Turn): Promise<void> {
  const { fence, offset } = turn.claim;
  if (offset === null) return;
  const lost = await loseJournal(pool, { fence, offset });
  if (!lost) throw new JournalTaken();
  crashPoint('webhooks.journal.lost');
  metrics.lost();
  logger.error(
    `HubSpot does not know our place in the webhooks journal any more: events may be missing since then. It is read from its beginning, and all that it told of is searched and audited. ${ERASURES_MISSED}`,
    { offset, lostFrom: lost.lostFrom?.toISOString(), losses: lost.losses },
  );
  turn.claim = { ...turn.claim, offset: null, fileTries: 0 };
}

const failureOf = ({ code, message, retryAfterMs }: Refused) =>
  new JournalFailure(code, message, { retryAfterMs });
