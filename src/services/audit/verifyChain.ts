import type { ChainSnapshot, StoredHead } from '../../db/audit/chain.js';
import {
  checkEntry,
  GENESIS,
  hashEntry,
  type ChainProblem,
  type StoredEntry,
} from '../../domain/audit/chain.js';
import type { HeadSigner } from './headSigner.js';
import type { ChainEnd, SignedHead } from '../../domain/audit/head.js';

export interface Verification {
  readonly problem: ChainProblem | undefined;
  /** The last entry that was read and found in order. */
  readonly end: ChainEnd;
  readonly entries: number;
  readonly heads: {
    readonly genuine: number;
    /** Signed by keys that are no longer listed. */
    readonly unknownKey: number;
  };
}

interface Options {
  readonly workspaceId: string;
  readonly signer: HeadSigner;
  /** A head, or an entry, that was kept elsewhere. */
  readonly against?: SignedHead | ChainEnd | undefined;
  /** Only what came since a head that was found genuine before. */
  readonly since?: SignedHead | undefined;
}

/**
 * Reads a chain from its first entry (or from `since`) to its end, and returns the first thing that is wrong. The chain
 * must agree with itself, with the table of ends, with every head that was signed, and with `against`.
 */
export async function verifyChain(chain: ChainSnapshot, options: Options): Promise<Verification> {
  const { workspaceId, signer, against, since } = options;
  const seen = { entries: 0, genuine: 0, unknownKey: 0 };
  let at: ChainEnd = since ?? { seq: 0n, hash: GENESIS };
  let newestUnknown: StoredHead | undefined;
  let newestGenuine = since?.seq ?? 0n;

  /** A head whose turn it is: `at` is its entry, or the last before it. */
  function checkHead(head: StoredHead): ChainProblem | undefined {
    const seq = String(head.seq);
    const verdict = signer.check(workspaceId, head);
    if (verdict === 'forged')
      return {
        seq,
        kind: 'head_forged',
        detail: `The head of entry ${seq} was not signed with key "${head.keyId}"`,
      };
    if (verdict === 'genuine') newestGenuine = head.seq;
    else newestUnknown = head;
    seen[verdict === 'genuine' ? 'genuine' : 'unknownKey'] += 1;
    return compare(head, `signed at ${head.signedAt.toISOString()}`, at);
  }

  async function walk(): Promise<ChainProblem | undefined> {
    if (against && 'signature' in against) {
      const problem = checkGiven(signer, workspaceId, against);
      if (problem) return problem;
    }
    const heads = chain.heads(at.seq)[Symbol.asyncIterator]();
    let head = await heads.next();
    for await (const entry of chain.entries(since?.seq ?? 1n)) {
      const problem =
        since !== undefined && seen.entries === 0 ? checkAgain(since, entry) : checkEntry(entry, at);
      if (problem) return problem;
      seen.entries += 1;
      at = { seq: BigInt(entry.seq), hash: entry.hash };
      const gone = against?.seq === at.seq ? compare(against, 'kept elsewhere', at) : undefined;
      if (gone) return gone;
      for (; !head.done && head.value.seq <= at.seq; head = await heads.next()) {
        const disagreement = checkHead(head.value);
        if (disagreement) return disagreement;
      }
    }
    if (since !== undefined && seen.entries === 0) {
      const detail = `Entry ${since.seq} was signed, and neither it nor any after it is there: the tail was cut`;
      return { seq: String(since.seq), kind: 'cut', detail };
    }
    for (; !head.done; head = await heads.next()) {
      const disagreement = checkHead(head.value);
      if (disagreement) return disagreement;
    }
    if (against && against.seq > at.seq) return compare(against, 'kept elsewhere', at);
    return checkEnd(chain.end, at) ?? checkNewest(newestUnknown, newestGenuine);
  }

  const problem = await walk();
  return {
    problem,
    end: at,
    entries: seen.entries,
    heads: { genuine: seen.genuine, unknownKey: seen.unknownKey },
  };
}

/** The entry of the head with which a check starts: entries before it are not read again. */
function checkAgain(since: SignedHead, entry: StoredEntry): ChainProblem | undefined {
  if (entry.seq !== String(since.seq))
    return { seq: String(since.seq), kind: 'missing', detail: `Entry ${since.seq} is missing` };
  return (
    compare(since, 'signed', { seq: since.seq, hash: entry.hash }) ??
    compare(since, 'signed', { seq: since.seq, hash: hashEntry(entry) })
  );
}

/** `known` is an entry that there was; `at` is the entry of its number now, or the last there is. */
function compare(known: ChainEnd, how: string, at: ChainEnd): ChainProblem | undefined {
  if (known.seq > at.seq) {
    const detail = `The chain ends with entry ${at.seq}, but entry ${known.seq} was ${how}: the tail was cut`;
    return { seq: String(at.seq + 1n), kind: 'cut', detail };
  }
  if (known.seq === at.seq && known.hash.equals(at.hash)) return undefined;
  const detail = `Entry ${known.seq} is not the one that was ${how}: it or entries before it were written anew`;
  return { seq: String(known.seq), kind: 'rewritten', detail };
}

function checkGiven(signer: HeadSigner, workspaceId: string, given: SignedHead): ChainProblem | undefined {
  const seq = String(given.seq);
  switch (signer.check(workspaceId, given)) {
    case 'genuine':
      return undefined;
    case 'forged': {
      const detail = `The head that was given was not signed for this workspace with key "${given.keyId}"`;
      return { seq, kind: 'head_forged', detail };
    }
    case 'unknown_key': {
      const detail = `The head that was given is signed with key "${given.keyId}": add it to ENCRYPTION_KEYS`;
      return { seq, kind: 'head_unknown_key', detail };
    }
  }
}

function checkEnd(end: ChainEnd | undefined, at: ChainEnd): ChainProblem | undefined {
  const said = end?.seq ?? 0n;
  if (said > at.seq) {
    const detail = `The last entry is ${at.seq}, but there were ${said}: the tail was cut`;
    return { seq: String(at.seq + 1n), kind: 'cut', detail };
  }
  if (said < at.seq) {
    const detail =
      `The chain's end is noted as entry ${said}, but there are entries up to ${at.seq}: ` +
      'those were not added by the service, or the note was changed';
    return { seq: String(said + 1n), kind: 'inserted', detail };
  }
  if (end && !end.hash.equals(at.hash)) {
    const detail =
      `Entry ${at.seq} is not the one that is noted as the chain's end: ` +
      'it was replaced, or the note was changed';
    return { seq: String(at.seq), kind: 'end_changed', detail };
  }
  return undefined;
}

/** A newer genuine head vouches for all entries before it; without one, nothing does. */
function checkNewest(unknown: SignedHead | undefined, genuine: bigint): ChainProblem | undefined {
  if (!unknown || unknown.seq <= genuine) return undefined;
  const detail =
    `The newest head (entry ${unknown.seq}) is signed with key "${unknown.keyId}": ` +
    'add it to ENCRYPTION_KEYS to have it checked';
  return { seq: String(unknown.seq), kind: 'head_unknown_key', detail };
}
