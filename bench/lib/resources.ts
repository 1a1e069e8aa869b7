import { setTimeout as delay } from 'node:timers/promises';
import { until, type Stack } from '../../test/support/stack.js';
import { coresBetween, usageOf } from '../../test/support/procfs.js';

/** One figure for each process of a stack, its servers included. */
export interface Resources {
  readonly api: number;
  readonly worker: number;
  readonly temporal: number;
  readonly postgres: number;
}

/** Nothing is due any more: what may go has gone, and each execution that waits has its workflow asleep. */
export async function settled({ pool }: Stack, acknowledged: number, deadlineMs = 120_000): Promise<void> {
  await until(
    'everything that waits rides in a sleeping workflow',
    async () => {
      const { rows } = await pool.query<{ all: string; loose: string; awake: string }>(
        `SELECT (SELECT count(*) FROM execution_keys) AS all,
                (SELECT count(*) FROM executions WHERE pack_id IS NULL OR grant_id IS NOT NULL) AS loose,
                (SELECT count(*) FROM packs WHERE done_at IS NULL
                    AND (started_at IS NULL OR wake_at < clock_timestamp() + interval '10 seconds')) AS awake`,
      );
      const [row] = rows;
      return Number(row?.all) === acknowledged && row?.loose === '0' && row.awake === '0';
    },
    deadlineMs,
    250,
  );
  await delay(3000); // the workflows that were started last set their timers
}

function pidsOf({ apis, workers, services }: Stack) {
  return {
    api: apis[0]!.pid!,
    worker: workers[0]!.pid!,
    temporal: services!.temporal!.child.pid!,
    postgres: services!.postgres!.child.pid!,
  };
}

/** Resident, in MiB. */
export function memoryOf(stack: Stack): Resources {
  const of = (pid: number) => usageOf(pid).residentMib;
  const { api, worker, temporal, postgres } = pidsOf(stack);
  return { api: of(api), worker: of(worker), temporal: of(temporal), postgres: of(postgres) };
}

/** Per cent of a core that each of them uses, over so many seconds. */
export async function idleCores(stack: Stack, seconds: number): Promise<Resources> {
  const pids = pidsOf(stack);
  const read = () => ({
    api: usageOf(pids.api),
    worker: usageOf(pids.worker),
    temporal: usageOf(pids.temporal),
    postgres: usageOf(pids.postgres),
  });
  const before = read();
  await delay(seconds * 1000);
  const after = read();
  const share = (name: keyof Resources) => 100 * coresBetween(before[name], after[name], seconds);
  return {
    api: share('api'),
    worker: share('worker'),
    temporal: share('temporal'),
    postgres: share('postgres'),
  };
}
