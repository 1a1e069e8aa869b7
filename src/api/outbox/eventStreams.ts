import type { Readable } from 'node:stream';
import type { z } from 'zod';
import { parseExactJson } from '../../domain/exactJson.js';
import { inPlainWords } from '../../domain/plainWords.js';
import { AppError } from '../../platform/errors.js';
import { problemsOf } from '../http/input.js';
import { readLines, type Line } from '../http/lines.js';
import { toAppError } from '../http/problem.js';
import { createStreamsUnderWay } from '../http/streamsUnderWay.js';
import { captureEvents, keyWithin, type CaptureDependencies, type GivenEvent } from './captureEvents.js';

/** A payload of 64 KiB, its envelope, and room for how JSON may be written. */
const MAX_LINE_BYTES = 256 * 1024;
/** What is committed at a time: bounds the memory of a stream, whatever its length. */
const MAX_EVENTS_AT_A_TIME = 500;
const MAX_BYTES_AT_A_TIME = 1024 * 1024;
const MAX_STREAMS = 8;
const MAX_STREAMS_OF_A_KEY = 2;
const MAX_PROBLEMS = 20;

/** What became of the lines of a stream. */
export interface StreamResult {
  readonly lines: number;
  readonly captured: number;
  readonly duplicate: number;
  /** Their keys belong to other events: nothing was captured of them. */
  readonly conflict: number;
  /** Kept as dead letters. */
  readonly invalid: number;
  /** No event could be read: nothing was kept of them. */
  readonly refused: number;
  readonly problems: readonly { readonly line: number; readonly message: string }[];
  readonly omittedProblems: number;
}

interface Sender {
  readonly workspaceId: string;
  readonly idempotencyKey: string | undefined;
}

interface Dependencies extends CaptureDependencies {
  readonly eventSchema: z.ZodType<GivenEvent>;
}

export interface EventStreams {
  /** Captures an event a line. What is committed stays so, whatever becomes of the rest. */
  take(keyId: string, stream: Readable, sender: Sender): Promise<StreamResult>;
}

/** Loads of any size: each line stands for itself, and is committed before much more is read. */
export function createEventStreams(deps: Dependencies): EventStreams {
  const streams = createStreamsUnderWay({ ofKey: MAX_STREAMS_OF_A_KEY, ofAll: MAX_STREAMS, verb: 'read' });
  return {
    take: (keyId, stream, sender) => streams.run(keyId, () => takeStream(deps, stream, sender)),
  };
}

async function takeStream(deps: Dependencies, stream: Readable, sender: Sender): Promise<StreamResult> {
  const counts = { lines: 0, captured: 0, duplicate: 0, conflict: 0, invalid: 0, refused: 0 };
  const problems: { line: number; message: string }[] = [];
  let omittedProblems = 0;
  let batch: { line: number; event: GivenEvent }[] = [];
  let bytes = 0;
  let read = 0;
  let committed = 0;

  function note(line: number, message: string): void {
    if (problems.length < MAX_PROBLEMS) problems.push({ line, message });
    else omittedProblems += 1;
  }

  async function commit(): Promise<void> {
    const events = batch.map(({ event }) => event);
    const { workspaceId } = sender;
    const request = {
      ...{ workspaceId, events, strict: false, idempotencyKey: undefined },
      ...{ pathOf: () => '', answerOf: (captured: readonly object[]) => captured },
    };
    const answers = events.length > 0 ? await captureEvents(deps, request) : [];
    answers.forEach(({ status, eventId, reason }, n) => {
      counts[status] += 1;
      const line = batch[n]?.line ?? read;
      if (status === 'invalid') note(line, reason ?? 'The event cannot be understood');
      if (status === 'conflict')
        note(line, `Its key belongs to event ${eventId}, which has another type or payload`);
    });
    batch = [];
    bytes = 0;
    committed = read;
  }

  try {
    for await (const line of readLines(stream, MAX_LINE_BYTES)) {
      counts.lines += 1;
      read = line.number;
      const { event, problem } = readEvent(line, deps.eventSchema);
      if (!event) {
        counts.refused += 1;
        note(line.number, problem);
        continue;
      }
      const { idempotencyKey } = sender;
      const key =
        event.key ?? (idempotencyKey === undefined ? undefined : keyWithin(idempotencyKey, line.number));
      batch.push({ line: line.number, event: { ...event, key } });
      bytes += Buffer.byteLength(line.text ?? '');
      if (batch.length >= MAX_EVENTS_AT_A_TIME || bytes >= MAX_BYTES_AT_A_TIME) await commit();
    }
    await commit();
  } catch (error) {
    const { code, message, details } = toAppError(error);
    throw new AppError(
      code,
      `${message}. What stands up to line ${committed} is captured: send again from line ${committed + 1} on`,
      details,
    );
  }
  return { ...counts, problems, omittedProblems };
}

function readEvent(
  { text }: Line,
  schema: z.ZodType<GivenEvent>,
): { event: GivenEvent; problem?: undefined } | { event?: undefined; problem: string } {
  if (text === undefined) return { problem: `The line is longer than ${MAX_LINE_BYTES / 1024} KiB` };
  let json: unknown;
  try {
    json = parseExactJson(text);
  } catch {
    return { problem: 'The line is not JSON' }; // what the parser says quotes it
  }
  const parsed = schema.safeParse(json, { error: inPlainWords });
  if (parsed.success) return { event: parsed.data };
  const [first] = problemsOf(parsed.error).fields;
  return { problem: first ? `${first.path}: ${first.message}`.slice(0, 300) : 'The line is not an event' };
}
