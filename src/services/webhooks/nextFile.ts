import { setFileAside, type JournalClaim } from '../../db/webhooks/journal.js';
import type { Pool } from '../../db/pool.js';
import { readJournalFile, type JournalFile } from '../../domain/webhooks/journalEvent.js';
import type { JournalClient } from '../../hubspot/journal/journalClient.js';
import type { ReadJournalFile } from '../../hubspot/journal/journalFile.js';
import { JournalFailure } from './journalFailure.js';

/** So often one file is tried, over some minutes, before it is passed over. */
const FILE_TRIES = 12;
/** So many of those behind it are looked at: one that can be read says that it is the file that is to blame. */
const LOOKED_AT = 3;

/** Throws a JournalFailure of the file. */
export async function readFileAt(readFile: ReadJournalFile, url: string): Promise<JournalFile> {
  const read = await readFile(url);
  if (read.kind !== 'read') throw new JournalFailure(read.code, read.message, { isFile: true });
  const file = readJournalFile(read.text);
  if (!file)
    throw new JournalFailure('unreadable_file', 'A file of the journal is none, or was cut off', {
      isFile: true,
    });
  return file;
}

interface Dependencies {
  readonly pool: Pool;
  readonly client: JournalClient;
  readonly readFile: ReadJournalFile;
}

/**
 * The file at `offset` could not be read once more. It is passed over when it has had its tries, and one behind it can
 * be read: what it told of is found by searches and an audit (journal_set_aside.sql). `held`: it is not. Undefined: the
 * journal is another's by now.
 */
export async function passOver(
  deps: Dependencies,
  claim: JournalClaim,
  offset: string,
): Promise<'held' | Awaited<ReturnType<typeof setFileAside>>> {
  if (claim.fileTries + 1 < FILE_TRIES || !(await canReadBehind(deps, offset))) return 'held';
  return setFileAside(deps.pool, claim, offset);
}

/** What refuses all files alike is no fault of one of them, and where none follows it holds up none. */
async function canReadBehind(
  { client, readFile }: Omit<Dependencies, 'pool'>,
  offset: string,
): Promise<boolean> {
  let behind = offset;
  for (let looked = 0; looked < LOOKED_AT; looked += 1) {
    const entry = await client.entryBehind(behind);
    if (entry.kind !== 'entry') return false;
    behind = entry.offset;
    try {
      await readFileAt(readFile, entry.url);
      return true;
    } catch (error) {
      if (!(error instanceof JournalFailure)) throw error;
    }
  }
  return false;
}
