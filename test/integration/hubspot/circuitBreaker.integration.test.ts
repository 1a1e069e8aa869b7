import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { Permit } from '../../../src/hubspot/budget/permit.js';
import type { BudgetsMetrics } from '../../../src/hubspot/budget/budgets.js';
import { budgetProcesses } from '../../support/budgetProcesses.js';
import { until } from '../../support/until.js';

const { portals, portal, start, usage } = budgetProcesses();

describe('the circuit breaker', () => {
  const failed = { kind: 'failed', probe: false } as const;

  it('opens for all processes, lets one request through, and closes for all', async () => {
    const [portalId, other] = (await portals(2)) as [number, number];
    const changes: string[] = [];
    const metrics: Partial<BudgetsMetrics> = { breakerChanged: ({ to }) => void changes.push(to) };
    const all = [start({ metrics }), start({ metrics }), start({ metrics })];
    const openedAt = performance.now();
    for (let n = 0; n < 5; n += 1) all[0]!.budgets.note(portalId, failed);
    await until('it is open', () => changes.includes('open'), 10_000);
    (await all[1]!.budget.acquire(other, 'sync')).giveBack(); // nobody else is held up

    const permits: Permit[] = [];
    // Who has the permit notes what came of it, as the gateway does.
    const owners: (typeof all)[number][] = [];
    for (const process of all)
      for (const priority of ['completion', 'sync'] as const)
        for (let n = 0; n < 3; n += 1)
          void process.budget.acquire(portalId, priority).then((permit) => {
            permits.push(permit);
            owners.push(process);
          });
    await until('one was let through', () => permits.length > 0, 4000);
    expect(performance.now() - openedAt).toBeGreaterThanOrEqual(490);
    expect(permits[0]!.probe).toBe(true);
    await delay(500);
    expect(permits).toHaveLength(1);

    permits[0]!.use(0);
    owners[0]!.budgets.note(portalId, { kind: 'failed', probe: true });
    await until('it opened again', () => changes.length === 2, 10_000);
    await until('another was let through', () => permits.length === 2, 6000);
    permits[1]!.use(0);
    owners[1]!.budgets.note(portalId, { kind: 'answered' });
    await until('it is closed', () => changes.includes('closed'), 10_000);
    const given = () => {
      for (const permit of permits) permit.giveBack();
      return permits.length === 18;
    };
    await until('all have gone', given, 10_000);
    expect(changes).toEqual(['open', 'open', 'closed']);
  }, 30_000);

  it.each(['this', 'another'])(
    'lets another request through when the one that could go was not needed, in %s process',
    async (where) => {
      const portalId = await portal();
      const first = start();
      const other = where === 'this' ? first : start();
      for (let n = 0; n < 5; n += 1) first.budgets.note(portalId, failed);
      await until('it is open', () => first.budget.blocked(portalId) !== undefined, 10_000);
      for (const { budget } of [first, other, first]) {
        const permit = await budget.acquire(portalId, 'completion', AbortSignal.timeout(10_000));
        expect(permit.probe).toBe(true);
        permit.giveBack();
        await until('the slot is back', async () => (await usage(portalId)).free === 10, 10_000);
      }
    },
    30_000,
  );

  it('is not taken for open for longer than until it is looked at again, while its one request is under way', async () => {
    const portalId = await portal();
    const [first, other] = [start(), start()];
    for (let n = 0; n < 5; n += 1) first.budgets.note(portalId, failed);
    await until('it is open', () => first.budget.blocked(portalId) !== undefined, 10_000);
    const probe = await first.budget.acquire(portalId, 'completion', AbortSignal.timeout(10_000));
    await expect(other.budget.acquire(portalId, 'sync', AbortSignal.timeout(200))).rejects.toThrow();
    await until('the other one knows', () => other.budget.blocked(portalId) !== undefined, 10_000);
    expect(other.budget.blocked(portalId)).toMatchObject({ reason: 'probe' });
    expect(other.budget.blocked(portalId)!.ms).toBeLessThanOrEqual(2000);
    probe.giveBack();
  }, 30_000);

  it('stays closed while answers come in between', async () => {
    const portalId = await portal();
    const { budget, budgets } = start();
    for (let n = 0; n < 20; n += 1) budgets.note(portalId, n % 5 === 4 ? { kind: 'answered' } : failed);
    (await budget.acquire(portalId, 'completion')).giveBack();
    expect(budget.blocked(portalId)).toBeUndefined();
  });
});
