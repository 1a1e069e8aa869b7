import { describe, expect, it } from '@jest/globals';
import { createAllInstruments } from '../../support/instruments.js';
import { anchorsOf, firstGroups, read } from './documents.js';

const RULES = read('docs/alerts.yml');

describe('docs/alerts.yml', () => {
  it('asks only for metrics that there are', async () => {
    const { metrics } = createAllInstruments();
    const known = (await metrics.registry.getMetricsAsJSON()).map(({ name }) => name);
    const asked = firstGroups(RULES, /\b(sluice_\w+)/g).map((name) => name.replace(/_bucket$/, ''));
    expect(asked.length).toBeGreaterThan(8);
    expect(asked.filter((name) => !known.includes(name))).toEqual([]);
  });

  it('names a runbook that exists for each', () => {
    const runbooks = [...RULES.matchAll(/runbook: '([^'#]+)#([^']+)'/g)];
    expect(runbooks).toHaveLength(firstGroups(RULES, /- alert: (\w+)/g).length);
    const missing = runbooks.filter(([, file = '', anchor = '']) => !anchorsOf(read(file)).has(anchor));
    expect(missing.map(([all]) => all)).toEqual([]);
  });

  it('is what docs/operations.md lists, alert by alert with its runbook', () => {
    const rules = [...RULES.matchAll(/- alert: (\w+)[^]*?runbook: '([^']+)'/g)].map(([, name, runbook]) => [
      name,
      runbook,
    ]);
    const rows = [
      ...read('docs/operations.md').matchAll(/^\| `(Sluice\w+)` \|.*\]\(([\w.]*)(#[\w-]+)\) \|$/gm),
    ];
    expect(rows.map(([, name, file, anchor]) => [name, `docs/${file || 'operations.md'}${anchor}`])).toEqual(
      rules,
    );
  });
});
