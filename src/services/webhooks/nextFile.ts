import { setFileAside, type JournalClaim } from '../../db/webhooks/journal.js';
import type { Pool } from '../../db/pool.js';
import { readJournalFile, type JournalFile } from '../../domain/webhooks/journalEvent.js';
import type { JournalClient } from '../../hubspot/journal/journalClient.js';
import type { ReadJournalFile } from '../../hubspot/journal/journalFile.js';
import { leftMs } from '../../platform/deadline.js';
import { JournalFailure } from './journalFailure.js';

/** So often one file is tried, over some minutes, before it is passed over. */
const FILE_TRIES = 12;
/** Of one that is there, and will be no better: twice, for who brings it may be to blame. */
const UNFIT_TRIES = 2;
/** So many of those behind it are looked at: one that can be read says that it is the file that is to blame. */
const LOOKED_AT = 3;
/** And for so long in all: what the turn came to is to be noted before its time is over (webhooksJournal.ts). */
const LOOK_MS = 30_000;

/** Throws a JournalFailure of the file. */
export async function readFileAt(
  readFile: ReadJournalFile,
  url: string,
  how?: Parameters<ReadJournalFile>[1],
): Promise<JournalFile> {
  const read = await readFile(url, how);
  // Whatever is behind it would be refused as well, or be lost for a mistake of ours.
  if (read.kind === 'refused') throw new JournalFailure(read.code, read.message, { isOfSettings: true });
  if (read.kind !== 'read')
    throw new JournalFailure(read.code, read.message, {
      fileTries: read.kind === 'unfit' ? UNFIT_TRIES : FILE_TRIES,
    });
  const file = readJournalFile(read.text);
  if (!file)
    throw new JournalFailure('unreadable_file', 'A file of the journal is none, or was cut off', {
      fileTries: FILE_TRIES,
    });
  return file;
}

/** The database never takes what the file tells of. */
export const refusedFile = () =>
  new JournalFailure('refused_file', 'The database refuses a file of the journal', { fileTries: FILE_TRIES });

interface Dependencies {
  readonly pool: Pool;
  readonly client: JournalClient;
  readonly readFile: ReadJournalFile;
  /** For so long it is looked behind a file; 30 s if absent. */
  readonly lookMs?: number;
}

/**
 * The file at `offset` could not be read once more. It is passed over when it has had its tries, and one behind it can
 * be read in time: what it told of is found by searches and an audit (journal_set_aside.sql). `held`: it is not.
 * Undefined: the journal is another's by now.
 */
export async function passOver(
  deps: Dependencies,
  claim: JournalClaim,
  offset: string,
  { how: { fileTries = Infinity } }: JournalFailure,
): Promise<'held' | Awaited<ReturnType<typeof setFileAside>>> {
  if (claim.fileTries + 1 < fileTries || !(await canReadBehind(deps, offset))) return 'held';
  return setFileAside(deps.pool, claim, offset);
}

/** What refuses all files alike is no fault of one of them, and where none follows it holds up none. */
async function canReadBehind(
  { client, readFile, lookMs = LOOK_MS }: Omit<Dependencies, 'pool'>,
  offset: string,
): Promise<boolean> {
  const untilMs = performance.now() + lookMs;
  let behind = offset;
  for (let looked = 0; looked < LOOKED_AT && leftMs(untilMs) > 0; looked += 1) {
    const entry = await client.entryBehind(behind);
    if (entry.kind !== 'entry') return false;
    behind = entry.offset;
    try {
      await readFileAt(readFile, entry.url, { deadlineMs: leftMs(untilMs) });
      return true;
    } catch (error) {
      if (!(error instanceof JournalFailure)) throw error;
    }
  }
  return false;
}
