import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import {
  CHECKS,
  onNewestNode,
  PROOFS,
  selectStages,
  SUITES,
  testPathPatterns,
} from '../../../scripts/lib/stages.mjs';

const names = (stages: readonly { name: string }[]) => stages.map(({ name }) => name);
const FILES = [
  'test/unit/api/signature.unit.test.ts',
  'test/unit/api/intake.unit.test.ts',
  'test/integration/throttle/intake.integration.test.ts',
  'test/e2e/throttle.e2e.test.ts',
];

describe('what npm test runs', () => {
  it('runs every check and every suite when nothing is asked for', () => {
    const all = selectStages([]);
    expect(names(all.checks)).toEqual(names(CHECKS));
    expect(names(all.suites)).toEqual(['unit', 'integration', 'workflow', 'e2e', 'contract']);
    expect(names(all.proofs)).toEqual(names(PROOFS));
  });

  it('runs the named stages alone', () => {
    const some = selectStages(['lint', 'unit'], FILES);
    expect(names(some.checks)).toEqual(['lint']);
    expect(names(some.suites)).toEqual(['unit']);
    expect(names(some.proofs)).toEqual([]);
  });

  it('runs a proof that is named, and none for a part of a path', () => {
    expect(names(selectStages(['crashpoints'], FILES).proofs)).toEqual(['crashpoints']);
    expect(names(selectStages(['crashpoints'], FILES).suites)).toEqual([]);
    expect(names(selectStages(['intake'], FILES).proofs)).toEqual([]);
  });

  it('takes a word that is no stage for a part of a path, and runs the suites that have such a file', () => {
    const some = selectStages(['intake'], FILES);
    expect(some.checks).toEqual([]);
    expect(names(some.suites)).toEqual(['unit', 'integration']);
    expect(testPathPatterns('unit', some.patterns)).toEqual(['intake.*\\.unit\\.test\\.ts$']);
  });

  it('keeps a part of a path within the kind that it is combined with', () => {
    const some = selectStages(['integration', 'Intake'], FILES);
    expect(names(some.suites)).toEqual(['integration']);
    const [pattern = ''] = testPathPatterns('integration', some.patterns);
    expect('test/integration/api/Intake.integration.test.ts').toMatch(new RegExp(pattern));
    expect('test/unit/api/Intake.unit.test.ts').not.toMatch(new RegExp(pattern));
  });

  it.each([
    [['unt'], '"unt" is no stage, and no test file has it in its path.'],
    [['unit', 'throttle'], '"throttle" is no stage, and no test file of unit has it in its path.'],
    [['intake', 'nowhere'], '"nowhere" is no stage, and no test file has it in its path.'],
    [['lint', 'intake'], '"intake" is no stage, and no test file of lint has it in its path.'],
    [['['], 'That is no pattern for the paths of test files.'],
  ])('refuses %p, which names nothing that could run', (words, problem) => {
    expect(() => selectStages(words, FILES)).toThrow(problem);
  });

  it.each([
    ['unt', 'Did you mean unit? The stages are: format lint'],
    ['units', 'Did you mean unit? The stages are: format lint'],
    ['everything', 'The stages are: format lint'],
  ])('says which stages there are instead of %p', (word, advice) => {
    expect(() => selectStages([word], FILES)).toThrow(
      expect.objectContaining({ advice: expect.stringMatching(`^${advice.replace('?', '\\?')}`) }),
    );
  });

  it('ends with an error at once where a word names nothing', () => {
    const script = path.resolve(import.meta.dirname, '../../../scripts/test.mjs');
    const { status, stdout } = spawnSync(process.execPath, [script, 'integraton'], { encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /^"integraton" is no stage, and no test file has it in its path\.\nDid you mean integration\? .*\n$/,
    );
  });

  it('finds the test files of this project by itself', () => {
    expect(names(selectStages(['stages']).suites)).toEqual(['unit']);
  });

  it('runs integration and e2e on the newest Node, as far as they are chosen', () => {
    expect(names(onNewestNode(SUITES))).toEqual(['integration', 'e2e']);
    expect(names(onNewestNode(selectStages(['unit', 'e2e'], FILES).suites))).toEqual(['e2e']);
  });
});
