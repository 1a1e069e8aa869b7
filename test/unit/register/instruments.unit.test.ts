import { expect, it } from '@jest/globals';
import { STEPS } from '../../../src/domain/register/steps.js';
import { createMetrics } from '../../../src/platform/metrics.js';
import { countTurnedAway, createRegisterInstruments } from '../../../src/services/register/instruments.js';

it('registrations are counted by how they end, tries by their step, and doubts; what an alert watches begins at 0', async () => {
  const metrics = createMetrics('test');
  const of = createRegisterInstruments(metrics, STEPS);
  const series = async () =>
    (await metrics.render()).text.split('\n').filter((line) => line.startsWith('sluice_registration'));
  const at0 = await series();
  for (const state of ['done', 'failed', 'refused'])
    expect(at0.join()).toMatch(new RegExp(`sluice_registrations_total\\{[^}]*state="${state}"[^}]*\\} 0`));
  for (const step of STEPS)
    expect(at0.join()).toMatch(new RegExp(`sluice_registration_tries_total\\{[^}]*step="${step}"[^}]*\\} 0`));

  of.ended('failed');
  of.ended('done');
  of.ended('done');
  of.tried('deals', 2);
  of.tried('deals', 0);
  of.tried('deals', 1);
  const valueOf = async (name: string, label = '') =>
    Number(
      (await series())
        .find((line) => line.startsWith(name) && line.includes(label))
        ?.split(' ')
        .at(-1),
    );
  expect(await valueOf('sluice_registrations_total', 'state="done"')).toBe(2);
  expect(await valueOf('sluice_registrations_total', 'state="failed"')).toBe(1);
  expect(await valueOf('sluice_registrations_total', 'state="refused"')).toBe(0);
  expect(await valueOf('sluice_registration_tries_total', 'step="deals"')).toBe(3);
  expect(await valueOf('sluice_registration_doubts_total')).toBe(3);

  countTurnedAway(metrics)();
  expect(await valueOf('sluice_registrations_turned_away_total')).toBe(1);
});
