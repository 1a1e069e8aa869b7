import { Pool, type Dispatcher } from 'undici';
import { isRecord } from '../platform/isRecord.js';
import type { Target } from './entities.js';
import type { Outputs } from './outputs.js';

/** The answer of an action. `status` 0: none came in time. */
export interface ActionAnswer {
  status: number;
  retryAfterMs: number | undefined;
  outputs: Outputs;
}

const NO_OUTPUTS: Outputs = {};
const NO_ANSWER: ActionAnswer = { status: 0, retryAfterMs: undefined, outputs: NO_OUTPUTS };
const MAX_ANSWER_LENGTH = 1024 * 1024;
const CONNECT_TIMEOUT_MS = 3_000;

/**
 * Posts action calls over kept-alive connections. It uses undici's dispatch and callbacks instead of fetch and
 * promises, because it is also the load generator of the benchmarks.
 */
export class Caller {
  private readonly pools = new Map<string, Pool>();
  private readonly readOutputs = createOutputsReader();
  private closed = false;

  constructor(private readonly timeoutMs: () => number) {}

  post(target: Target, body: string, done: (answer: ActionAnswer) => void): void {
    if (this.closed) return;
    const headers = ['content-type', 'application/json', 'user-agent', 'HubSpot Connect 2.0 (sandbox)'];
    headers.push(...target.headers(body));
    const request: Dispatcher.DispatchOptions = {
      path: target.path,
      method: 'POST',
      headers,
      body,
      // The deadline below covers the whole answer. Undici's own timers are rounded to half a second or more.
      headersTimeout: 0,
      bodyTimeout: 0,
    };
    const reader = new AnswerReader(this.readOutputs, done);
    reader.giveUpAfter(this.timeoutMs());
    this.pool(target.origin).dispatch(request, reader);
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.pools.values()].map((pool) => pool.destroy()));
  }

  private pool(origin: string): Pool {
    let pool = this.pools.get(origin);
    if (!pool) {
      pool = new Pool(origin, { pipelining: 1, connect: { timeout: CONNECT_TIMEOUT_MS } });
      this.pools.set(origin, pool);
    }
    return pool;
  }
}

class AnswerReader implements Dispatcher.DispatchHandler {
  private status = 0;
  private retryAfter: string | undefined;
  private text = '';
  private finished = false;
  private deadline: NodeJS.Timeout | undefined;
  private controller: Dispatcher.DispatchController | undefined;

  constructor(
    private readonly readOutputs: (text: string) => Outputs,
    private readonly done: (answer: ActionAnswer) => void,
  ) {}

  giveUpAfter(timeoutMs: number): void {
    this.deadline = setTimeout(() => {
      this.finish(NO_ANSWER);
      this.controller?.abort(new Error('No answer in time'));
    }, timeoutMs);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    // The deadline may have passed while the call waited for a connection.
    if (this.finished) controller.abort(new Error('No answer in time'));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    statusCode: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    this.status = statusCode;
    const retryAfter = headers['retry-after'];
    this.retryAfter = Array.isArray(retryAfter) ? retryAfter[0] : retryAfter;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.text += chunk.toString('utf8');
    if (this.text.length > MAX_ANSWER_LENGTH) controller.abort(new Error('The answer is larger than 1 MiB'));
  }

  onResponseEnd(): void {
    const accepted = this.status >= 200 && this.status < 300;
    this.finish({
      status: this.status,
      retryAfterMs: readRetryAfter(this.retryAfter),
      outputs: accepted ? this.readOutputs(this.text) : NO_OUTPUTS,
    });
  }

  onResponseError(): void {
    this.finish(NO_ANSWER);
  }

  private finish(answer: ActionAnswer): void {
    if (this.finished) return;
    this.finished = true;
    clearTimeout(this.deadline);
    this.done(answer);
  }
}

/** HubSpot reads `Retry-After` as milliseconds, unlike RFC 9110 (docs/hubspot.md#custom-workflow-actions). */
function readRetryAfter(value: string | undefined): number | undefined {
  return value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined;
}

/** Remembers the last answer: under load the same one comes thousands of times in a row. */
function createOutputsReader(): (text: string) => Outputs {
  let lastText = '';
  let lastOutputs: Outputs = NO_OUTPUTS;
  return (text) => {
    if (text !== lastText) {
      lastText = text;
      lastOutputs = parseOutputs(text);
    }
    return lastOutputs;
  };
}

function parseOutputs(text: string): Outputs {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // A 2xx without a readable state is a success for HubSpot (docs/hubspot.md#custom-workflow-actions).
    return NO_OUTPUTS;
  }
  if (!isRecord(parsed) || !isRecord(parsed['outputFields'])) return NO_OUTPUTS;
  const outputs: Record<string, string> = {};
  for (const [name, value] of Object.entries(parsed['outputFields'])) {
    if (typeof value === 'string') outputs[name] = value;
    else if (typeof value === 'number' || typeof value === 'boolean') outputs[name] = String(value);
  }
  return outputs;
}
