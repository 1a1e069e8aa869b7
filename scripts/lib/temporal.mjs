import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { superviseChild } from './child.mjs';
import { pickPort } from './ports.mjs';
import { Trouble } from './trouble.mjs';
import { until } from './until.mjs';

const READY_MS = 60_000;
export const SEARCH_ATTRIBUTES = ['PortalId', 'Lane', 'CallbackId', 'ExecutionState'];

const DYNAMIC_CONFIG = {
  // The defaults are for a shared server: 270 workflows reach their 2,400 calls per second.
  'frontend.rps': 20_000,
  'frontend.namespaceRPS': 20_000,
  'frontend.namespaceRPS.visibility': 200,
  'system.enableActivityEagerExecution': true,
  'matching.numTaskqueueReadPartitions': 1,
  'matching.numTaskqueueWritePartitions': 1,
};

/**
 * Temporal's dev server on SQLite: one process, data in a file, the namespace `default` and our search attributes.
 *
 * @param {{
 *   cli: { file: string, version: string }, dir: string, port: number, uiPort?: number, log: string,
 *   onCrash?: (trouble: Error) => void, durable?: boolean,
 * }} options without `uiPort` there is no web UI; `durable`: its file stays whole when the machine loses power
 */
export async function startTemporal({ cli, dir, port, uiPort, log, onCrash, durable = false }) {
  const httpPort = await pickPort(0);
  const child = superviseChild({
    name: 'Temporal',
    command: cli.file,
    args: [
      ...[
        'server',
        'start-dev',
        '--ip',
        '127.0.0.1',
        '--port',
        String(port),
        '--http-port',
        String(httpPort),
      ],
      ...(uiPort === undefined ? ['--headless'] : ['--ui-port', String(uiPort), '--ui-disable-news-fetch']),
      ...['--log-level', 'warn', '--db-filename', databaseFile(dir, cli.version)],
      ...[
        '--sqlite-pragma',
        'journal_mode=WAL',
        '--sqlite-pragma',
        `synchronous=${durable ? 'NORMAL' : 'OFF'}`,
      ],
      ...Object.entries(DYNAMIC_CONFIG).flatMap(([key, value]) => [
        '--dynamic-config-value',
        `${key}=${value}`,
      ]),
      ...SEARCH_ATTRIBUTES.flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
    ],
    log,
    onCrash,
  });
  await until(() => hasSearchAttributes(httpPort), {
    deadlineMs: READY_MS,
    everyMs: 100,
    stop: () => child.assertAlive(),
    late: () => new Trouble(`Temporal is not ready on port ${port} after ${READY_MS / 1000} s.`, { log }),
  });
  return {
    address: `127.0.0.1:${port}`,
    uiUrl: uiPort === undefined ? undefined : `http://127.0.0.1:${uiPort}`,
    child,
  };
}

/** The dev server sets up its schema only in a new file, so each version has a file of its own. */
function databaseFile(dir, version) {
  const folder = path.join(dir, 'temporal');
  mkdirSync(folder, { recursive: true });
  const name = `${version}.sqlite`;
  for (const file of readdirSync(folder)) {
    if (!file.startsWith(name)) rmSync(path.join(folder, file));
  }
  return path.join(folder, name);
}

/** The dev server registers the search attributes last: when they are there, everything else is. */
async function hasSearchAttributes(httpPort) {
  try {
    const answer = await fetch(`http://127.0.0.1:${httpPort}/cluster/namespaces/default/search-attributes`, {
      signal: AbortSignal.timeout(2000),
    });
    if (!answer.ok) return false;
    const { customAttributes = {} } = await answer.json();
    return SEARCH_ATTRIBUTES.every((name) => name in customAttributes);
  } catch {
    return false; // not listening yet
  }
}
