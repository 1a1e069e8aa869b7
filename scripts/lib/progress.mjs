const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

/**
 * Lines for a person: one per step with the time it took. On a terminal the step in hand is shown and then overwritten;
 * elsewhere (CI, a pipe) only finished lines are written, so that logs stay readable.
 */
export function createProgress({
  stream = process.stdout,
  tty = Boolean(stream.isTTY) && !process.env.CI,
} = {}) {
  let live = false;
  const clear = () => {
    if (live) stream.write('\r\u001b[2K');
    live = false;
  };
  const paint = (code, text) => (tty ? `\u001b[${code}m${text}\u001b[0m` : text);

  const progress = {
    tty,
    say(line = '') {
      clear();
      stream.write(`${line}\n`);
    },
    /** A line that the next one replaces; on a pipe it is not shown at all. */
    live(line) {
      if (!tty) return;
      const width = (stream.columns || 80) - 1;
      stream.write(`\r\u001b[2K${line.length > width ? `${line.slice(0, width - 1)}…` : line}`);
      live = true;
    },
    /**
     * Runs one step. Its title may be made more exact by the result: `step('Postgres', start, (pg) => `port
     * ${pg.port}`)`.
     * @template T
     * @param {string} title @param {() => Promise<T> | T} run @param {(result: T) => string} [detail]
     * @returns {Promise<T>}
     */
    async step(title, run, detail) {
      const from = performance.now();
      progress.live(`  … ${title}`);
      try {
        const result = await run();
        const said = detail?.(result);
        progress.say(
          `  ${paint(32, '✓')} ${title}${said ? `: ${said}` : ''} ${paint(2, `(${seconds(performance.now() - from)})`)}`,
        );
        return result;
      } catch (error) {
        progress.say(`  ${paint(31, '✗')} ${title} (${seconds(performance.now() - from)})`);
        throw error;
      }
    },
    paint,
  };
  return progress;
}
