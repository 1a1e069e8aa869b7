import { parseArgs } from 'node:util';

/**
 * The options and words of a command line, or what the command prints instead of doing its work: how it is used for
 * `--help`, one line for an option that it does not have.
 *
 * @template {import('node:util').ParseArgsConfig} C
 * @param {{ usage: string } & C} config `usage` begins with the command as it is typed; the rest is parseArgs's own
 * @param {string[]} args
 * @returns {(ReturnType<typeof parseArgs<C>> & { ends?: undefined }) | { ends: { code: 0 | 1, text: string } }}
 */
export function parseCommandLine({ usage, options, ...config }, args) {
  if (args.includes('--help') || args.includes('-h')) return { ends: { code: 0, text: usage } };
  try {
    return parseArgs({ ...config, options, args });
  } catch (error) {
    if (!error.code?.startsWith('ERR_PARSE_ARGS_')) throw error;
    // Node adds advice of its own, which is about positional arguments.
    const [problem] = error.message.split(/\.? To specify|\. |\n/);
    return { ends: { code: 1, text: `${problem}. --help shows how ${commandOf(usage)} is used.` } };
  }
}

/**
 * The same for a script: it ends here where there is nothing more to do.
 *
 * @template {import('node:util').ParseArgsConfig} C
 * @param {{ usage: string } & C} config
 * @returns {ReturnType<typeof parseArgs<C>>}
 */
export function readCommandLine(config) {
  const parsed = parseCommandLine(config, process.argv.slice(2));
  if (!parsed.ends) return parsed;
  const { code, text } = parsed.ends;
  (code === 0 ? process.stdout : process.stderr).write(`${text}\n`);
  process.exit(code);
}

/** `npm start` of `npm start -- [--once]`. */
const commandOf = (usage) => /^(?:npm run \S+|npm \S+|\S+)/.exec(usage)[0];
