import { z } from 'zod';
import { MONSTERS } from './brokenAnswers.js';
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
  ...MONSTERS,
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
] as const;

export const faultPlan = z.strictObject({
  target: z.enum([...FAULT_TARGETS, 'any']),
  portalId: z.int().positive().optional(),
  kind: z.enum(FAULT_KINDS),
  /** For `status` (500 if absent) and `html` (502 if absent). */
  status: z.int().min(300).max(599).optional(),
  /** For `status` on the token endpoints: 400 with this name, as HubSpot refuses there. */
  refusal: z.enum(REFUSAL_CODES).optional(),
  /** For `status` 429: by which limit it is refused; the ten-secondly one if absent. */
  policy: z.enum(['TEN_SECONDLY_ROLLING', 'SECONDLY', 'DAILY']).optional(),
  /** Sent along as `Retry-After`. */
  retryAfterSeconds: z.int().min(0).max(86_400).optional(),
  latencyMs: z.int().min(0).max(600_000).optional(),
  /** Which part of the requests it meets; all of them if absent. */
  share: z.number().min(0).max(1).optional(),
  /** After so many hits it is over. */
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

/** What is to happen to one request. */
export interface Misfortune {
  latencyMs: number;
  kind: Exclude<FaultKind, 'latency'> | null;
  plan: FaultPlan | undefined;
}

const NONE: Misfortune = { latencyMs: 0, kind: null, plan: undefined };

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

  /** Delays add up; of the other kinds the first that hits wins. */
  strike(target: FaultTarget | undefined, portalId: number | undefined): Misfortune {
    if (this.active.size === 0) return NONE;
    const misfortune: Misfortune = { ...NONE };
    for (const fault of this.active.values()) {
      const { plan } = fault;
      if (plan.kind !== 'latency' && misfortune.kind !== null) continue;
      if (!this.hits(fault, target, portalId)) continue;
      fault.hits += 1;
      if (plan.kind === 'latency') {
        misfortune.latencyMs += plan.latencyMs ?? 1_000;
      } else {
        misfortune.kind = plan.kind;
        misfortune.plan = plan;
        misfortune.latencyMs += plan.latencyMs ?? 0;
      }
    }
    return misfortune;
  }

  private hits(fault: Fault, target: FaultTarget | undefined, portalId: number | undefined): boolean {
    const { plan } = fault;
    if (plan.target !== 'any' && plan.target !== target) return false;
    if (plan.portalId !== undefined && plan.portalId !== portalId) return false;
    if (plan.count !== undefined && fault.hits >= plan.count) return false;
    return plan.share === undefined || this.random() < plan.share;
  }
}
