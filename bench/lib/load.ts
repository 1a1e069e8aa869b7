import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

export interface LoadPlan {
  readonly port: number;
  readonly path: string;
  /** The origin that the calls are signed for. */
  readonly publicUrl: string;
  readonly secret: string;
  readonly connections: number;
  readonly count: number;
  /** Open loop at this rate; null: closed loop, each connection sends its next call when it has its answer. */
  readonly perSecond: number | null;
  /** Calls go to these in turn. */
  readonly steps: readonly Step[];
  readonly inputFields: Record<string, string>;
  /** Calls of webhooks with so many events each, in place of action calls. */
  readonly eventsPerCall?: number;
  /** Callback ids are made from this one upwards: no two runs on one database may share any. */
  readonly firstEnrollmentId: number;
}

export interface Step {
  readonly portalId: number;
  readonly workflowId: number;
  readonly actionId: number;
  readonly actionDefinitionId: number;
}

export interface LoadResult {
  /** From the first call to the last answer. */
  readonly seconds: number;
  readonly perSecond: number;
  /** Of each call; in open loop from the moment at which it was due. */
  readonly latencyMs: Float64Array;
  readonly statuses: Record<string, number>;
  /** Answers that held the execution. */
  readonly blocked: number;
  /** What the generator itself took of the machine. */
  readonly cores: number;
}

type Reply = { prepared: true } | { result: LoadResult } | { failed: string };

export interface Generator {
  run(plan: LoadPlan): Promise<LoadResult>;
  stop(): void;
}

/** Starts the load generator's process. One plan runs at a time. */
export function startGenerator(): Generator {
  const child: ChildProcess = fork(path.join(import.meta.dirname, 'generator.ts'), {
    execArgv: ['--import', 'tsx'],
    serialization: 'advanced',
  });

  async function ask(message: object): Promise<Reply> {
    const gone = new AbortController();
    const lost = once(child, 'exit', { signal: gone.signal }).then(() => {
      throw new Error('The load generator ended by itself');
    });
    lost.catch(() => undefined); // whoever waits for the race has it; aborted otherwise
    try {
      child.send(message);
      const [reply] = (await Promise.race([once(child, 'message', { signal: gone.signal }), lost])) as [
        Reply,
      ];
      if ('failed' in reply) throw new Error(`The load generator failed: ${reply.failed}`);
      return reply;
    } finally {
      gone.abort();
    }
  }

  return {
    async run(plan) {
      await ask({ prepare: plan });
      const reply = await ask({ run: true });
      if (!('result' in reply)) throw new Error('The load generator answered something else');
      return reply.result;
    },
    stop() {
      child.kill('SIGKILL');
    },
  };
}
