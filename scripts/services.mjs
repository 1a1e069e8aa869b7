#!/usr/bin/env node
/**
 * Postgres and Temporal in the foreground, for work on single parts. Prints one line of JSON with their addresses when both
 * are ready; Ctrl-C ends them.
 *
 *   node scripts/services.mjs [--dir .sluice/dev] [--fsync on|off] [--postgres-port N] [--temporal-port N] [--ui-port N]
 *                             [--no-temporal] [--no-postgres] [--setting name=value …]
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startServices } from './lib/services.mjs';

const { values } = parseArgs({
  allowNegative: true,
  options: {
    dir: { type: 'string', default: '.sluice/dev' },
    fsync: { type: 'string', default: 'on' },
    'postgres-port': { type: 'string', default: '0' },
    'temporal-port': { type: 'string', default: '0' },
    'ui-port': { type: 'string' },
    temporal: { type: 'boolean', default: true },
    postgres: { type: 'boolean', default: true },
    setting: { type: 'string', multiple: true, default: [] },
  },
});

const services = await startServices({
  dir: path.resolve(values.dir),
  durable: values.fsync !== 'off',
  postgres: values.postgres && { port: Number(values['postgres-port']) },
  temporal: values.temporal && {
    port: Number(values['temporal-port']),
    ...(values['ui-port'] && { uiPort: Number(values['ui-port']) }),
  },
  settings: Object.fromEntries(values.setting.map((pair) => pair.split(/=(.*)/s))),
  say: (line) => process.stderr.write(`${line}\n`),
}).catch((error) => {
  process.stderr.write(`${error.message}\n${error.advice ?? ''}\n`);
  process.exit(1);
});

console.log(JSON.stringify(services.env));
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => services.stop().then(() => process.exit(0)));
}
