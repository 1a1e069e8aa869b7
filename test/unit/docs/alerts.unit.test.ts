import { describe, expect, it } from '@jest/globals';
import { createLogger } from '../../../src/platform/logger.js';
import { createMetrics } from '../../../src/platform/metrics.js';
import { anchorsOf, firstGroups, read } from './documents.js';

describe('docs/alerts.yml', () => {
  const rules = read('docs/alerts.yml');

  it('asks only for metrics that there are', async () => {
    const metrics = createMetrics('test');
    const none = { query: () => Promise.reject(new Error('no database is asked here')) };
    metrics.watchDatabase(none, createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test'));
    const known = (await metrics.registry.getMetricsAsJSON()).map(({ name }) => name);
    const asked = firstGroups(rules, /\b(sluice_\w+)/g).map((name) => name.replace(/_bucket$/, ''));
    expect(asked.length).toBeGreaterThan(8);
    expect(asked.filter((name) => !known.includes(name))).toEqual([]);
  });

  it('names a runbook that exists for each', () => {
    const runbooks = [...rules.matchAll(/runbook: '([^'#]+)#([^']+)'/g)];
    expect(runbooks).toHaveLength(firstGroups(rules, /- alert: (\w+)/g).length);
    const missing = runbooks.filter(([, file = '', anchor = '']) => !anchorsOf(read(file)).has(anchor));
    expect(missing.map(([all]) => all)).toEqual([]);
  });
});
