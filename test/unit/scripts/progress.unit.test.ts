import { describe, expect, it } from '@jest/globals';
import { createProgress } from '../../../scripts/lib/progress.mjs';

function written(tty: boolean) {
  let text = '';
  const stream = { write: (part: string) => ((text += part), true) } as unknown as typeof process.stdout;
  return { progress: createProgress({ stream, tty }), text: () => text };
}

describe('progress', () => {
  it('says before a slow step what it does where no terminal shows it, and after each step how long it took', async () => {
    const { progress, text } = written(false);
    await progress.step(
      'Installing packages',
      () => {
        expect(text()).toBe('  … Installing packages\n');
      },
      undefined,
      { slow: true },
    );
    await progress.step(
      'Postgres',
      () => 5432,
      (port) => `port ${port}`,
    );
    expect(text()).toMatch(
      /^ {2}… Installing packages\n {2}✓ Installing packages \(0\.0 s\)\n {2}✓ Postgres: port 5432 \(0\.0 s\)\n$/,
    );
  });

  it('overwrites the step that runs on a terminal', async () => {
    const { progress, text } = written(true);
    await progress.step('Installing packages', () => undefined, undefined, { slow: true });
    const clear = '\r\u001b[2K';
    expect(text().startsWith(`${clear}  … Installing packages${clear}  `)).toBe(true);
  });
});
