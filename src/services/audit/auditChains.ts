import { chainsToSign, storeHead, withChain } from '../../db/audit/chain.js';
import type { Pool } from '../../db/pool.js';
import { crashPoint } from '../../platform/crashPoint.js';
import type { Logger } from '../../platform/logger.js';
import type { AuditInstruments } from './instruments.js';
import type { HeadSigner } from './headSigner.js';
import { writeHead, type ChainEnd, type SignedHead } from '../../domain/audit/head.js';
import { verifyChain, type Verification } from './verifyChain.js';

interface Dependencies {
  readonly pool: Pool;
  readonly signer: HeadSigner;
  readonly logger: Logger;
  readonly metrics?: AuditInstruments;
  readonly now?: () => number;
  /** False: ends that are signed are told, and not stored: the keys at hand may not be those of the service. */
  readonly stores?: boolean;
}

/** What a verification found. `head`: the end that was signed, where the chain is in order. */
export type Verdict = Verification & { readonly head: string | null };

export type AuditChains = ReturnType<typeof createAuditChains>;

const SIGN_EVERY_MS = 3_600_000;

/**
 * Checks audit chains, and signs the ends of those that are in order. The log has each signed end, too: a copy outside
 * of the database.
 */
export function createAuditChains(deps: Dependencies) {
  const { pool, signer, logger, metrics, now = Date.now, stores = true } = deps;
  /** Workspaces whose chain does not hold, and when to say so again. */
  const broken = new Map<string, number>();

  async function conclude(workspaceId: string, found: Verification): Promise<Verdict> {
    const { problem, end } = found;
    if (problem) {
      metrics?.problems.inc({ kind: problem.kind });
      logger.error(`The audit chain of a workspace does not hold: ${problem.detail}`, {
        workspaceId,
        ...problem,
      });
      return { ...found, head: null };
    }
    if (end.seq === 0n) return { ...found, head: null };
    const head = signer.sign(workspaceId, end);
    if (stores) {
      await storeHead(pool, workspaceId, head);
      crashPoint('audit.head.stored');
    }
    logger.info('Audit head', { workspaceId, head: writeHead(head) });
    return { ...found, head: writeHead(head) };
  }

  /** The newest head that is genuine; a check of what came since may start there. */
  async function newestGenuine(
    heads: AsyncIterable<SignedHead>,
    workspaceId: string,
  ): Promise<SignedHead | undefined> {
    for await (const head of heads) if (signer.check(workspaceId, head) === 'genuine') return head;
    return undefined;
  }

  return {
    /** Checks a chain from its beginning. In order, its end is signed: `head` is what to keep elsewhere. */
    async verify(workspaceId: string, against?: SignedHead | ChainEnd): Promise<Verdict> {
      const found = await withChain(pool, workspaceId, (chain) =>
        verifyChain(chain, { workspaceId, signer, against }),
      );
      return conclude(workspaceId, found);
    },

    /**
     * Signs the ends of chains that have grown and were not signed for an hour, after a check of the new entries.
     * Returns how many.
     */
    async signDue(): Promise<number> {
      let signed = 0;
      for (const workspaceId of await chainsToSign(pool, signer.keyId, SIGN_EVERY_MS)) {
        if ((broken.get(workspaceId) ?? -Infinity) > now()) continue;
        const found = await withChain(pool, workspaceId, async (chain) => {
          const since = await newestGenuine(chain.newestHeads(), workspaceId);
          return verifyChain(chain, { workspaceId, signer, since });
        });
        const { head } = await conclude(workspaceId, found);
        if (head === null) broken.set(workspaceId, now() + SIGN_EVERY_MS);
        else signed += 1;
      }
      return signed;
    },
  };
}

/** A verdict as API and command line show it. */
export function describeVerdict(workspaceId: string, { problem, end, entries, heads, head }: Verdict) {
  return {
    workspaceId,
    ok: problem === undefined,
    problem: problem ?? null,
    entries,
    end: { seq: String(end.seq), hash: end.hash.toString('hex') },
    heads,
    head,
  };
}
