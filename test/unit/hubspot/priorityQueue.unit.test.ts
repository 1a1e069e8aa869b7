import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PRIORITIES, type Priority } from '../../../src/domain/hubspot/priorities.js';
import { PriorityQueue, type Waiter } from '../../../src/hubspot/budget/priorityQueue.js';

interface Numbered extends Waiter<unknown> {
  id: number;
}

function waiter(priority: Priority, id = 0): Numbered {
  return { priority, id, since: 0, resolve() {}, reject() {} };
}

function drain(queue: PriorityQueue<unknown>, count = Infinity): Numbered[] {
  const served: Numbered[] = [];
  while (served.length < count) {
    const next = queue.next();
    if (!next) break;
    served.push(next as Numbered);
  }
  return served;
}

describe('a priority queue', () => {
  it('serves completions before all others', () => {
    const queue = new PriorityQueue<unknown>();
    for (const priority of ['backfill', 'sync', 'completion', 'interactive', 'completion'] as const)
      queue.add(waiter(priority));
    expect(drain(queue, 2).map((one) => one.priority)).toEqual(['completion', 'completion']);
  });

  it('shares what is left by weight, and starves nobody', () => {
    const queue = new PriorityQueue<unknown>();
    for (const priority of PRIORITIES.slice(1))
      for (let id = 0; id < 100; id += 1) queue.add(waiter(priority, id));
    const counts = new Map<Priority, number>();
    for (const { priority } of drain(queue, 90)) counts.set(priority, (counts.get(priority) ?? 0) + 1);
    expect(Object.fromEntries(counts)).toEqual({ interactive: 48, outbox: 24, sync: 12, backfill: 6 });
  });

  it('gives an idle share to the others, and no credit for having been idle', () => {
    const queue = new PriorityQueue<unknown>();
    for (let id = 0; id < 1000; id += 1) queue.add(waiter('sync', id));
    expect(drain(queue, 500)).toHaveLength(500);
    for (let id = 0; id < 100; id += 1) queue.add(waiter('backfill', id));
    const backfills = drain(queue, 30).filter((one) => one.priority === 'backfill').length;
    expect(backfills).toBeGreaterThanOrEqual(9);
    expect(backfills).toBeLessThanOrEqual(11);
  });

  it('serves whom a slot was leased for, a completion all the same first', () => {
    const queue = new PriorityQueue<unknown>();
    for (const priority of ['interactive', 'backfill', 'completion', 'backfill'] as const)
      queue.add(waiter(priority));
    const served = Array.from({ length: 4 }, () => queue.next('backfill')?.priority);
    expect(served).toEqual(['completion', 'backfill', 'backfill', 'interactive']);
  });

  it('serves everybody exactly once, in order within a priority, less those who left', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ priority: fc.constantFrom(...PRIORITIES), leaves: fc.boolean() })),
        (plan) => {
          const queue = new PriorityQueue<unknown>();
          const all = plan.map(({ priority, leaves }, id) => ({ entry: waiter(priority, id), leaves }));
          for (const { entry } of all) queue.add(entry);
          for (const { entry, leaves } of all) if (leaves) expect(queue.remove(entry)).toBe(true);
          const staying = all.filter(({ leaves }) => !leaves).map(({ entry }) => entry.id);
          expect(queue.size).toBe(staying.length);
          const served = drain(queue);
          expect(served.map((one) => one.id).toSorted((a, b) => a - b)).toEqual(staying);
          for (const priority of PRIORITIES) {
            const ids = served.filter((one) => one.priority === priority).map((one) => one.id);
            expect(ids).toEqual(ids.toSorted((a, b) => a - b));
          }
          expect(queue.size).toBe(0);
        },
      ),
    );
  });
});
