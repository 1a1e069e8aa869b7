import { z } from 'zod';
import type { AskedOfTurn } from '../../domain/throttle/askedOfTurn.js';
import { priorityOf } from '../../domain/throttle/priority.js';
import { queueBoundOf } from '../../domain/throttle/queueBound.js';
import { rateOf, type Rate } from '../../domain/throttle/rate.js';
import { spreadOf } from '../../domain/throttle/spread.js';
import { startOf } from '../../domain/throttle/startTime.js';
import type { LaneName } from '../../db/throttle/lanes.js';
import { laneNameOf } from './laneName.js';
import { readCall, type ReadCall } from './readCall.js';

/** The fields of a step of the throttle. */
const inputFields = z.looseObject({
  queue: z.unknown().optional(),
  max_throughput: z.unknown().optional(),
  time: z.unknown().optional(),
  period: z.unknown().optional(),
  max_waiting: z.unknown().optional(),
  when_full: z.unknown().optional(),
  spread: z.unknown().optional(),
  start_at: z.unknown().optional(),
  priority: z.unknown().optional(),
});

/** An action call, understood. */
export interface ActionCall {
  readonly lane: LaneName;
  readonly callbackId: string;
  readonly source: string;
  readonly objectId: string | null;
  /** The rate of the step's own input fields, or why it cannot be taken, and whether it is to be spread evenly. */
  readonly input: {
    readonly rate: Rate | null;
    readonly note: string | null;
    /** Undefined: it cannot be read, and stays as it was. */
    readonly spread?: boolean | null | undefined;
  };
  /** What its fields ask for its turn; null: nothing. */
  readonly asked: AskedOfTurn | null;
  /** What of its fields could not be taken, in words for the user; the record waits nevertheless. */
  readonly problem: string | null;
}

export type ParsedCall = { readonly ok: true; readonly call: ActionCall } | Extract<ReadCall, { ok: false }>;

/** Reads the body of a call of the throttle. Never throws. */
export function parseCall(body: Buffer): ParsedCall {
  const read = readCall(body);
  if (!read.ok) return read;
  const { callbackId, source, object } = read.call;
  const fields = inputFields.parse(read.call.fields);
  const { asked, spread, problem } = turnOf(fields);
  return {
    ok: true,
    call: {
      ...{ callbackId, source, lane: laneNameOf(read.call, fields.queue) },
      objectId: object?.objectId ?? null,
      input: { ...inputRate(fields), spread },
      asked,
      problem,
    },
  };
}

function turnOf(fields: z.infer<typeof inputFields>) {
  const full = queueBoundOf(fields.max_waiting, fields.when_full);
  const even = spreadOf(fields.spread);
  const { start, ...startRead } = startOf(fields.start_at);
  const { priority, ...priorityRead } = priorityOf(fields.priority);
  const asked = { ...full.bound, ...start, ...(priority !== null && { priority }) };
  const problems = [full, even, startRead, priorityRead].flatMap(({ problem }) => problem ?? []);
  return {
    spread: even.spread,
    asked: Object.keys(asked).length > 0 ? asked : null,
    problem: problems.length > 0 ? problems.join('; ') : null,
  };
}

function inputRate(fields: z.infer<typeof inputFields>): Pick<ActionCall['input'], 'rate' | 'note'> {
  if (blank(fields.max_throughput) && blank(fields.time) && blank(fields.period))
    return { rate: null, note: null };
  const result = rateOf(fields.max_throughput, blank(fields.time) ? 1 : fields.time, fields.period);
  return result.ok
    ? { rate: result.rate, note: null }
    : {
        rate: null,
        note: `${result.problem}; the rate that was taken last, or else the next one that is set, applies`,
      };
}

function blank(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}
