import type { Command } from 'commander';

/** `sluice start`, which is `npm start`: the script reads the rest of the command line itself, and ends the process. */
export function addStart(command: Command): void {
  command
    .option('--once', 'end when all are ready and what is defined was seen to work')
    .option('--restore <file>', 'put a backup into the database, before API and worker start')
    .option('--replace', 'what the database holds is lost')
    .addHelpText(
      'after',
      '\nWith a .env it is for HubSpot itself, without one a sandbox is in its place.\n\nExample:\n  $ sluice start',
    )
    .action(async () => {
      process.argv.splice(2, 1);
      await import(new URL('../../../scripts/start.mjs', import.meta.url).href);
    });
}
