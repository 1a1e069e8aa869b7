import { Command } from 'commander';
import { formerSettings, loadConfig } from '../platform/config/config.js';
import { run } from './run.js';

/** Whether the environment and `.env` say what every process needs; what is wrong is said line by line. */
run(new Command('check-settings').description('Checks the settings of the service.'), () => {
  loadConfig();
  for (const line of formerSettings()) process.stdout.write(`${line}\n`);
  return Promise.resolve();
});
