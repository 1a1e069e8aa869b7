const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

/**
 * Prints one line per step with the time that it took. On a terminal the running step is shown and then overwritten;
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
    /** Prints a line that the next one overwrites; nothing where the output is no terminal. */
    live(line) {
      if (!tty) return;
      const width = (stream.columns || 80) - 1;
      stream.write(`\r\u001b[2K${line.length > width ? `${line.slice(0, width - 1)}…` : line}`);
      live = true;
    },
    /**
     * Runs one step and prints its title, with a detail of the result:
     * `step('Postgres', start, (postgres) => `port ${postgres.port}`)`.
     * @template T
     * @param {string} title @param {() => Promise<T> | T} run @param {(result: T) => string} [detail]
     * @param {{ slow?: boolean }} [how] slow: it is said before, too, where no terminal shows that it runs
     * @returns {Promise<T>}
     */
    async step(title, run, detail, { slow = false } = {}) {
      const from = performance.now();
      if (slow && !tty) progress.say(`  … ${title}`);
      progress.live(`  … ${title}`);
      try {
        const result = await run();
        const said = detail?.(result);
        const took = paint(2, `(${seconds(performance.now() - from)})`);
        progress.say(`  ${paint(32, '✓')} ${title}${said ? `: ${said}` : ''} ${took}`);
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
