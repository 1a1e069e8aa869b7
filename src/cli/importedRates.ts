import type { FormerRate } from '../db/throttle/formerThrottle.js';
import { rateOf } from '../domain/throttle/rate.js';
import { readAll, type Answers, type Api } from './api.js';
import { CliError, statusOf } from './errors.js';
import { RefusedRows } from './refusedRows.js';

const MOST_RATES = 100_000;
const PAGE = 200;

export interface RefusedRate {
  readonly portal: string | null;
  readonly action: string | null;
  readonly message: string;
}

/** What came of the rates, or would. */
export class RateTally {
  ready = 0;
  set = 0;
  /** There with the same rate. */
  there = 0;
  /** There with another rate, which stays. */
  other = 0;
  readonly refusals = new RefusedRows<RefusedRate>();

  refuse({ portal, action }: FormerRate, message: string): void {
    this.refusals.add({ portal, action, message });
  }

  shown() {
    const { ready, set, there, other, refusals } = this;
    return { ready, set, there, other, refusedRows: refusals.count, refused: refusals.listed };
  }
}

/** The rates that are set here, by portal and action. */
export async function ratesHere(api: Api): Promise<ReadonlyMap<string, Answers['ActionRate']>> {
  const { items } = await readAll(api, '/api/config', {}, MOST_RATES, PAGE);
  return new Map(items.map((one) => [keyOf(String(one.portal_id), one.action_id), one]));
}

/** Sets what is not set here. A rate that somebody has set here stays as it is. */
export async function bringRates(
  api: Api,
  rows: readonly FormerRate[],
  here: ReadonlyMap<string, Answers['ActionRate']>,
  tally: RateTally,
  bring: boolean,
): Promise<void> {
  for (const row of rows) {
    const { portal, action, limit, time, period } = row;
    const read = rateOf(limit, time, period);
    if (portal === null || action === null || !/^[1-9]\d{0,14}$/.test(portal)) {
      tally.refuse(row, 'names no portal and action');
    } else if (!read.ok) {
      tally.refuse(row, read.problem);
    } else {
      const known = here.get(keyOf(portal, action));
      const same = known && rateOf(known.max_throughput, known.time, known.period);
      if (!known) {
        const body = { portal_id: Number(portal), action_id: action };
        const rate = { max_throughput: limit ?? '', time: time ?? '', period: period ?? '' };
        if (!bring || (await set(api, { ...body, ...rate }, row, tally))) tally.ready += 1;
        if (bring) tally.set = tally.ready;
      } else if (
        same?.ok &&
        same.rate.limit === read.rate.limit &&
        same.rate.intervalMs === read.rate.intervalMs
      )
        tally.there += 1;
      else tally.other += 1;
    }
  }
}

/** False: it is refused, and the others go on. */
async function set(
  api: Api,
  body: Answers['NewActionRate'],
  row: FormerRate,
  tally: RateTally,
): Promise<boolean> {
  try {
    await api.post('/api/config', { body });
    return true;
  } catch (error) {
    const status = statusOf(error);
    if (!(error instanceof CliError) || (status !== 400 && status !== 404)) throw error;
    tally.refuse(row, error.message);
    return false;
  }
}

const keyOf = (portal: string, action: string) => `${portal}/${action}`;
