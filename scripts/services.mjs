#!/usr/bin/env node
import path from 'node:path';
import { readCommandLine } from './lib/commandLine.mjs';
import { startServices } from './lib/services.mjs';

const { values } = readCommandLine({
  usage: `npm run services -- [options]

Postgres and Temporal in the foreground, for work on single parts. Prints one line of JSON with their addresses
when both are ready; Ctrl-C ends them.

  --dir FOLDER           where they keep their data (.sluice/dev)
  --fsync on|off         off is faster, and loses data when the machine stops (on)
  --postgres-port N      a free port without it
  --temporal-port N      a free port without it
  --ui-port N            with Temporal's web interface
  --no-postgres          Temporal alone
  --no-temporal          Postgres alone
  --setting NAME=VALUE   a setting of Postgres; as often as needed`,
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
