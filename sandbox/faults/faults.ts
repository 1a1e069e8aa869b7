import { z } from 'zod';
import { BROKEN_ANSWERS } from './brokenAnswers.js';
import { MISANSWERS } from './misanswers.js';
import { REFUSAL_CODES } from '../oauth/errors.js';
import type { Random } from '../platform/random.js';

export const FAULT_KINDS = [
  'status',
  'latency',
  'noAnswer',
  'reset',
  'answerLost',
  'html',
  'truncated',
  'headers',
  'misanswer',
  ...BROKEN_ANSWERS,
] as const;

const FAULT_TARGETS = [
  'callbacks',
  'oauth',
  'crm',
  'search',
  'associations',
  'properties',
  'events',
  'account',
  'journal',
  'subscriptions',
] as const;

export const faultPlan = z.strictObject({
  target: z.enum([...FAULT_TARGETS, 'any']),
  portalId: z.int().positive().optional(),
  kind: z.enum(FAULT_KINDS),
  /** Only requests whose path contains this. */
  path: z.string().min(1).max(200).optional(),
  /** For `status` (500 if absent), `html` (502 if absent) and `misanswer` (that of the answer if absent). */
  status: z.int().min(200).max(599).optional(),
  /** For `misanswer`: what is wrong with it, whether the request takes effect, and the category of a `rowError`. */
  as: z.enum(MISANSWERS).optional(),
  performed: z.boolean().optional(),
  category: z.string().min(1).max(100).optional(),
  /** For `status` on the token endpoints: a 400 with this name, in the form of those endpoints. */
  refusal: z.enum(REFUSAL_CODES).optional(),
  /** For `status` 429: the limit that refuses the call; TEN_SECONDLY_ROLLING if absent. */
  policy: z.enum(['TEN_SECONDLY_ROLLING', 'SECONDLY', 'DAILY']).optional(),
  /** The `Retry-After` header of the answer. */
  retryAfterSeconds: z.int().min(0).max(86_400).optional(),
  /** Headers of the answer in place of its own: of a `status`, or with `headers` of what is answered anyway. */
  headers: z.record(z.string().min(1).max(100), z.string().max(1000)).optional(),
  latencyMs: z.int().min(0).max(600_000).optional(),
  /** The share of requests that it affects; all of them if absent. */
  share: z.number().min(0).max(1).optional(),
  /** It ends after so many hits. */
  count: z.int().min(1).optional(),
});

export type FaultPlan = z.infer<typeof faultPlan>;
export type FaultKind = FaultPlan['kind'];
export type FaultTarget = Exclude<FaultPlan['target'], 'any'>;

export interface Fault {
  id: string;
  plan: FaultPlan;
  hits: number;
}

/** What the faults do to one request. */
export interface FaultEffect {
  latencyMs: number;
  kind: Exclude<FaultKind, 'latency'> | null;
  plan: FaultPlan | undefined;
}

const NONE: FaultEffect = { latencyMs: 0, kind: null, plan: undefined };

export class Faults {
  private readonly active = new Map<string, Fault>();
  private sequence = 0;

  constructor(private readonly random: Random) {}

  add(plan: FaultPlan): Fault {
    this.sequence += 1;
    const fault = { id: `fault-${this.sequence}`, plan, hits: 0 };
    this.active.set(fault.id, fault);
    return fault;
  }

  list(): Fault[] {
    return [...this.active.values()];
  }

  remove(id: string): boolean {
    return this.active.delete(id);
  }

  clear(): void {
    this.active.clear();
  }

  /** Delays add up; of the other kinds, the first that hits applies. */
  effectOn(target: FaultTarget | undefined, portalId: number | undefined, path = ''): FaultEffect {
    if (this.active.size === 0) return NONE;
    const effect: FaultEffect = { ...NONE };
    for (const fault of this.active.values()) {
      const { plan } = fault;
      if (plan.kind !== 'latency' && effect.kind !== null) continue;
      if (!this.hits(fault, target, portalId, path)) continue;
      fault.hits += 1;
      if (plan.kind === 'latency') {
        effect.latencyMs += plan.latencyMs ?? 1_000;
      } else {
        effect.kind = plan.kind;
        effect.plan = plan;
        effect.latencyMs += plan.latencyMs ?? 0;
      }
    }
    return effect;
  }

  private hits(
    fault: Fault,
    target: FaultTarget | undefined,
    portalId: number | undefined,
    path: string,
  ): boolean {
    const { plan } = fault;
    if (plan.path !== undefined && !path.includes(plan.path)) return false;
    if (plan.target !== 'any' && plan.target !== target) return false;
    if (plan.portalId !== undefined && plan.portalId !== portalId) return false;
    if (plan.count !== undefined && fault.hits >= plan.count) return false;
    return plan.share === undefined || this.random() < plan.share;
  }
}
