import { describe, expect, it } from '@jest/globals';
import { parse as parseYaml } from 'yaml';
import { renderGuide } from '../../../src/api/reference/guideRouter.js';
import { createAllInstruments } from '../../support/instruments.js';
import { firstGroups, read } from './documents.js';

const RULES = read('docs/alerts.yml');
const LINK = /^\{\{ \$externalLabels\.sluice_url \}\}\/docs\/guide\/(?<page>[\w-]+)#(?<anchor>[\w-]+)$/;

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert: string;
      readonly labels?: { readonly severity?: string };
      readonly annotations?: { readonly summary?: string };
    }[];
  }[];
}
const parse = (text: string) => parseYaml(text) as Rules;

describe('docs/alerts.yml', () => {
  it('asks only for metrics that there are', async () => {
    const { metrics } = createAllInstruments();
    const known = (await metrics.registry.getMetricsAsJSON()).map(({ name }) => name);
    const asked = firstGroups(RULES, /(?<!\.)\b(sluice_\w+)\b(?!:)/g).map((name) =>
      name.replace(/_bucket$/, ''),
    );
    expect(asked.length).toBeGreaterThan(8);
    expect(asked.filter((name) => !known.includes(name))).toEqual([]);
  });

  it('says of each how urgent it is, and what it means for those who wait', () => {
    for (const { alert, labels, annotations } of parse(RULES).groups.flatMap(({ rules }) => rules)) {
      expect([alert, labels?.severity]).toEqual([alert, expect.stringMatching(/^(page|ticket)$/)]);
      expect([alert, annotations?.summary]).toEqual([alert, expect.stringMatching(/^[A-Z].{20,120}$/)]);
    }
  });

  it('watches counters whose series begin at 0, so that the first count after a start is an increase', async () => {
    const { metrics } = createAllInstruments();
    const counters = (await metrics.registry.getMetricsAsJSON()).filter(
      ({ type }) => String(type) === 'counter',
    );
    const watched = [
      ...RULES.matchAll(/(?:increase|rate)\((sluice_\w+_total)(?:\{(\w+)(=~?)"([^"]+)"\})?\[/g),
    ];
    expect(watched.length).toBeGreaterThan(10);
    const missing = watched.filter(([, name, label, , values]) => {
      const series = counters.find((one) => one.name === name)?.values ?? [];
      if (label === undefined) return series.length === 0;
      return !series.some((one) => new RegExp(`^(?:${values})$`).test(String(one.labels[label])));
    });
    expect(missing.map(([asked]) => asked)).toEqual([]);
    // Of what succeeds as well: else the first failures after a start are a share of 100 %.
    const settled = counters.find(({ name }) => name === 'sluice_outbox_settled_total')?.values ?? [];
    expect(settled.map(({ labels }) => labels.result)).toContain('processed');
  });

  it('links each to its runbook in the guide, by a heading that is there', () => {
    const links = [...RULES.matchAll(/runbook: '(.*)'/g)].map(([, link = '']) => link);
    expect(links).toHaveLength(firstGroups(RULES, /- alert: (\w+)/g).length);
    const missing = links.filter((link) => {
      const { page = '', anchor = '' } = LINK.exec(link)?.groups ?? {};
      return page === '' || !renderGuide(read(`docs/${page}.md`), page).includes(` id="${anchor}"`);
    });
    expect(missing).toEqual([]);
  });

  it('is what docs/operations.md lists, alert by alert with its runbook', () => {
    const rules = [...RULES.matchAll(/- alert: (\w+)[^]*?runbook: '([^']+)'/g)].map(([, name, link = '']) => {
      const { page, anchor } = LINK.exec(link)?.groups ?? {};
      return [name, `${page}.md#${anchor}`];
    });
    const rows = [
      ...read('docs/operations.md').matchAll(/^\| `(Sluice\w+)` \|.*\]\(([\w.]*)(#[\w-]+)\) \|$/gm),
    ];
    expect(rows.map(([, name, file, anchor]) => [name, `${file || 'operations.md'}${anchor}`])).toEqual(
      rules,
    );
  });
});
