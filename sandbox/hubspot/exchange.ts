import type { IncomingMessage, ServerResponse } from 'node:http';
import { json, type Answer } from '../platform/answer.js';
import type { FaultPlan, FaultTarget } from '../faults/faults.js';
import { send } from '../platform/http.js';
import { htmlPage, failureOfStatus } from './errors.js';
import { sendBroken } from '../faults/brokenAnswers.js';
import { misanswered } from '../faults/misanswers.js';
import { refused } from '../oauth/errors.js';
import type { Arrival } from './recorder.js';
import type { World } from '../world.js';

export interface ExchangeOptions {
  arrival: Arrival;
  /** Called when the answer is decided; with 0 when the connection closed before there was one. */
  decided?: (status: number, answer: Answer | undefined) => void;
  closed?: (delivered: boolean) => void;
}

/** One request from its arrival to the end of its answer: recorded at both ends, with the faults that apply to it. */
export class Exchange {
  private status = 0;
  private readonly n: number;

  constructor(
    private readonly world: World,
    private readonly request: IncomingMessage,
    private readonly response: ServerResponse,
    private readonly options: ExchangeOptions,
  ) {
    this.n = world.recorder.begin(options.arrival);
    response.once('close', () => {
      const delivered = response.writableFinished;
      world.recorder.end(this.n, this.status, delivered, world.clock.now());
      if (this.status === 0) options.decided?.(0, undefined);
      options.closed?.(delivered);
    });
  }

  /** Answers without regard to faults. */
  finish(answer: Answer): void {
    this.decide(answer);
    send(this.response, answer);
  }

  /** Answers with the result of `perform`, unless a fault replaces it, or loses its answer (`onLost`). */
  async serve(
    target: FaultTarget | undefined,
    perform: () => Answer,
    { headers = {}, onLost }: { headers?: Record<string, string>; onLost?: () => void } = {},
  ): Promise<void> {
    const finish = (answer: Answer) => this.finish({ ...answer, headers: { ...headers, ...answer.headers } });
    const { world, request } = this;
    const portalId = this.options.arrival.portalId ?? undefined;
    const effect = world.faults.effectOn(target, portalId, this.options.arrival.path);
    if (effect.latencyMs > 0) await world.later(effect.latencyMs);
    switch (effect.kind) {
      case 'noAnswer':
        return;
      case 'reset':
        return void request.socket.resetAndDestroy();
      case 'status':
        return finish(faultAnswer(effect.plan, world.app.appId, portalId));
      case 'headers':
        return finish(withHeaders(perform(), effect.plan));
      case 'html':
        return finish(htmlPage(effect.plan?.status ?? 502));
      case 'answerLost': {
        onLost?.();
        this.decide(perform());
        return void request.socket.destroy();
      }
      case 'misanswer':
        return finish(answerAmiss(effect.plan, perform));
      case 'truncated':
        return finish(truncated(perform()));
      case 'garbage':
      case 'huge':
      case 'gzipBomb':
      case 'drip':
      case 'halfClose':
      case 'resetMidBody':
        onLost?.();
        this.decide({ ...perform(), status: 200 });
        return sendBroken(effect.kind, this.response);
      case null:
        return finish(perform());
    }
  }

  private decide(answer: Answer): void {
    this.status = answer.status;
    this.options.decided?.(answer.status, answer);
  }
}

function faultAnswer(plan: FaultPlan | undefined, appId: number, portalId: number | undefined): Answer {
  const { refusal, status = 500, policy, retryAfterSeconds } = plan ?? {};
  if (refusal) return refused(refusal);
  const answer = failureOfStatus(status, appId, portalId, policy);
  const asks = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  return withHeaders({ ...answer, headers: { ...answer.headers, ...asks } }, plan);
}

function withHeaders(answer: Answer, plan: FaultPlan | undefined): Answer {
  const headers = { ...answer.headers };
  for (const [name, value] of Object.entries(plan?.headers ?? {})) headers[name.toLowerCase()] = value;
  return { ...answer, headers };
}

/** Unless the plan says that it takes effect, the request has none. */
function answerAmiss(plan: FaultPlan | undefined, perform: () => Answer): Answer {
  const { as = 'empty', performed = false, status, category } = plan ?? {};
  const answer = performed ? perform() : json(200, { status: 'COMPLETE', results: [] });
  return misanswered(answer, { as, status, category });
}

/** A complete HTTP answer whose JSON stops half-way. An answer without a body gets one to cut off. */
function truncated(answer: Answer): Answer {
  const whole = answer.body || '{"status":"COMPLETE","results":[],"startedAt":"2026-09-15T10:00:00.000Z"}';
  const status = answer.status === 204 ? 200 : answer.status;
  const headers = { 'content-type': 'application/json;charset=utf-8', ...answer.headers };
  return { status, headers, body: whole.slice(0, Math.ceil(whole.length / 2)) };
}
