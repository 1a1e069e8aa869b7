import type { FoundByAnotherKey } from '../../../domain/workspaces/foundRecords.js';
import { effectKey, problemsOfEffects } from '../../../domain/outbox/effects.js';
import type { PortalCapabilities } from '../../../domain/outbox/portalCapabilities.js';
import { merged, planRounds } from '../../../domain/outbox/plan.js';
import type { Part, PlannableEvent, PlanOptions, Round, Row } from '../../../domain/outbox/plan.js';
import { BatchRun, type BatchOptions } from './batchRun.js';
import type { EffectResult } from './batchState.js';
import type { KnownIds } from './recordCache.js';
import { isFinal, unhandled } from './failure.js';
import type { Failure } from './failure.js';

/*
 * The delivery of one page of events, without I/O: rounds of batches in order, and what each event came to.
 *  - An effect that failed and may yet work: nothing later of its event, and nothing of its ordering key, is tried now.
 *  - An effect that failed for good: nothing later of its event is tried; later events of the key go on.
 */

export type EventOutcome =
  | { readonly state: 'done' }
  /** `failure` is that of the first effect that failed; how it goes on is for `decide` to say. */
  | { readonly state: 'failed'; readonly failure: Failure; readonly n: number }
  /** Not tried, so no try is counted: it goes back as it was. */
  | { readonly state: 'untouched' };

export interface EventReport {
  readonly eventId: string;
  readonly outcome: EventOutcome;
  /** Per effect that was tried or waited, by its number. */
  readonly effects: ReadonlyMap<number, EffectResult>;
}

export interface RunOptions extends PlanOptions {
  /**
   * Ids of records that earlier tries wrote: `effect:<eventId>/<n>` → HubSpot's id, as the ledger and the events'
   * states have them.
   */
  readonly known?: KnownIds;
  /** As the workspace has set it. */
  readonly foundByAnotherKey?: FoundByAnotherKey;
}

export class DeliveryRun {
  private readonly rounds: Round[];
  private readonly poison = new Map<string, Failure>();
  private readonly results = new Map<string, EffectResult>();
  private readonly known: KnownIds;
  private readonly batchOptions: BatchOptions;
  private readonly stuckOrders = new Set<string>();
  private readonly stuckEvents = new Set<string>();
  private current: BatchRun[] = [];

  constructor(
    private readonly events: readonly PlannableEvent[],
    private readonly capabilities: PortalCapabilities,
    options: RunOptions,
  ) {
    const { foundByAnotherKey = 'adopt' } = options;
    this.batchOptions = { counterMarker: capabilities.counterMarker, foundByAnotherKey };
    this.known = options.known ?? new Map<string, string>();
    const sound = events.filter((event) => this.isSound(event));
    this.rounds = this.plan(sound, options);
  }

  private isSound(event: PlannableEvent): boolean {
    try {
      const problems = problemsOfEffects(event.effects);
      if (problems.length === 0) return true;
      this.poison.set(event.id, poisonous(problems));
    } catch (error) {
      this.poison.set(event.id, unhandled(error));
    }
    return false;
  }

  /** What one event throws ends that event alone. */
  private plan(events: readonly PlannableEvent[], options: PlanOptions): Round[] {
    try {
      return planRounds(events, this.capabilities, options);
    } catch {
      const others = events.filter((event) => {
        try {
          planRounds([event], this.capabilities, options);
          return true;
        } catch (error) {
          this.poison.set(event.id, unhandled(error));
          return false;
        }
      });
      return planRounds(others, this.capabilities, options);
    }
  }

  /**
   * The batches of the next round, which may be sent at once; undefined when all is done. Those of the round before
   * must all have been answered to their end.
   */
  nextRound(): BatchRun[] | undefined {
    this.harvest();
    for (let round = this.rounds.shift(); round; round = this.rounds.shift()) {
      this.current = round.batches.flatMap(({ form, rows }) => {
        const open = rows.flatMap((row) => this.openPart(row) ?? []);
        return open.length > 0 ? [new BatchRun({ form, rows: open }, this.known, this.batchOptions)] : [];
      });
      if (this.current.length > 0) return this.current;
    }
    return undefined;
  }

  /**
   * What became of each event, in their order. Call it when `nextRound` has given undefined, or when no more is to be
   * sent.
   */
  reports(): EventReport[] {
    this.harvest();
    return this.events.map((event) => this.reportOf(event));
  }

  private reportOf(event: PlannableEvent): EventReport {
    const effects = new Map<number, EffectResult>();
    for (const n of event.pending ?? event.effects.keys()) {
      effects.set(n, this.results.get(effectKey(event.id, n)) ?? { state: 'blocked' });
    }
    const poison = this.poison.get(event.id);
    if (poison) return { eventId: event.id, effects, outcome: { state: 'failed', failure: poison, n: 0 } };
    for (const [n, result] of effects) {
      if (result.state === 'failed') {
        return { eventId: event.id, effects, outcome: { state: 'failed', failure: result.failure, n } };
      }
    }
    const all = [...effects.values()].every(({ state }) => state === 'done');
    return { eventId: event.id, effects, outcome: { state: all ? 'done' : 'untouched' } };
  }

  /** The row without the effects that must not be tried any more; undefined when none is left. */
  private openPart(row: Row): Row | undefined {
    const parts = this.stuckOrders.has(row.order)
      ? []
      : row.parts.filter(({ eventId }) => !this.stuckEvents.has(eventId));
    const [first, ...others] = parts;
    if (!first) return undefined;
    return parts.length === row.parts.length ? row : together(first, others, row.order);
  }

  private harvest(): void {
    for (const run of this.current) {
      for (const row of run.batch.rows) {
        for (const { key, eventId } of row.parts) {
          const result = run.results.get(key) ?? { state: 'blocked' };
          this.results.set(key, result);
          if (result.state === 'done') continue;
          this.stuckEvents.add(eventId);
          if (result.state === 'blocked' || !isFinal(result.failure)) this.stuckOrders.add(row.order);
        }
      }
    }
    this.current = [];
  }
}

function together(first: Part, others: readonly Part[], order: string): Row {
  const operation = others.reduce(
    (sum, part) => merged(sum, part.operation) ?? part.operation,
    first.operation,
  );
  return { parts: [first, ...others], order, operation };
}

function poisonous(problems: readonly string[]): Failure {
  return {
    class: 'poison',
    message: `No request can be made of it: ${problems.slice(0, 5).join('; ')}. Correct the event type or its mapping, then redrive`,
  };
}
