import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { parse as parseYaml } from 'yaml';
import { runCommand } from '../../../scripts/lib/child.mjs';
import { findPromtool } from '../../../scripts/lib/promtool.mjs';
import { ALERT_CASES } from './alertCases.js';
import { read, ROOT } from './documents.js';

const RULES = path.join(ROOT, 'docs/alerts.yml');
/** Where the deployment is, as `external_labels` of prometheus.yml say. */
const EXTERNAL = { sluice_url: 'https://sluice.example.com' };

interface Rule {
  readonly alert: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}
const { groups } = parseYaml(read('docs/alerts.yml')) as { groups: { rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);

const promtool = await findPromtool();
const scratch = mkdtempSync(path.join(os.tmpdir(), 'sluice-alerts-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

it('each alert has a case in which it fires and one in which it is quiet', () => {
  expect(Object.keys(ALERT_CASES).sort()).toEqual(rules.map(({ alert }) => alert).sort());
});

if ('reason' in promtool)
  it.skip(`The alert rules, by Prometheus itself: ${promtool.reason}`, () => undefined);
else
  describe('docs/alerts.yml, by Prometheus itself', () => {
    const { file } = promtool;

    it('is understood', async () => {
      const { stdout } = await runCommand(file, ['check', 'rules', RULES]);
      expect(stdout).toContain(`SUCCESS: ${rules.length} rules found`);
    });

    it.each(rules.map((rule) => [rule.alert, rule] as const))(
      '%s fires with its severity, summary and link, and is quiet where nothing is to be done',
      async (alert, rule) => {
        const { fires, quiet } = ALERT_CASES[alert] ?? {};
        if (fires === undefined || quiet === undefined) throw new Error(`${alert} has no cases`);
        const expected = {
          exp_labels: { ...rule.labels, ...fires.labels },
          exp_annotations: {
            summary: rule.annotations.summary,
            runbook: rule.annotations.runbook?.replace(/^\{\{.*?\}\}/, EXTERNAL.sluice_url),
          },
        };
        const tests = [
          { ...fires, expected: [expected] },
          ...[quiet].flat().map((story) => ({ ...story, expected: [] })),
        ].map(({ series, at, expected: exp_alerts }) => ({
          interval: '1m',
          external_labels: EXTERNAL,
          input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
          alert_rule_test: [{ eval_time: at, alertname: alert, exp_alerts }],
        }));
        const cases = path.join(scratch, `${alert}.json`);
        writeFileSync(cases, JSON.stringify({ rule_files: [RULES], tests }, undefined, 2));
        await runCommand(file, ['test', 'rules', cases]);
      },
    );
  });
