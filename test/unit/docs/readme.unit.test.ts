import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { runCli } from '../../../src/cli/program.js';
import { environmentSchema } from '../../../src/platform/config/config.js';
import { ERRORS } from '../../../src/platform/errors.js';
import { servedRoutes } from '../../support/apiRooms.js';
import { createAllInstruments } from '../../support/instruments.js';
import { anchorsOf, firstGroups, named, read, ROOT } from './documents.js';

/** Help of the command line, as somebody sees it who asks for it. */
async function help(...words: string[]): Promise<string> {
  let text = '';
  const code = await runCli([...words, '--help'], {
    out: (part) => (text += part),
    err: () => undefined,
    env: {},
    cwd: ROOT,
  });
  expect(code).toBe(0);
  return text;
}

const commandsIn = (text: string): string[] =>
  firstGroups(
    /^Commands:\n([^]*?)(?:\n\n|$(?![^]))/m.exec(text)?.[1] ?? '',
    /^ {2}([a-z-]+)(?: .*)?$/gm,
  ).filter((name) => name !== 'help');

describe('the documents name only what exists', () => {
  it('npm run scripts', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const unknown = named(({ text }) => firstGroups(text, /npm run (?:--silent )?([a-z][\w:-]*)/g)).filter(
      ([, script]) => !(script in scripts),
    );
    expect(unknown).toEqual([]);
  });

  it('stages of npm test', async () => {
    const { CHECKS, SUITES } = (await import('../../../scripts/lib/stages.mjs')) as unknown as Record<
      'CHECKS' | 'SUITES',
      { name: string }[]
    >;
    const stages = [...CHECKS, ...SUITES].map(({ name }) => name);
    const testing = read('docs/testing.md');
    expect(stages.filter((name) => !testing.includes(`\`${name}\``))).toEqual([]);
  });

  it('links to files and headings', () => {
    const broken = named(({ text }) => firstGroups(text, /\]\(((?!https?:)[^)\s]+)\)/g)).filter(
      ([file, link]) => {
        const [target = '', anchor] = link.split('#');
        const to = target === '' ? file : path.posix.join(path.posix.dirname(file), target);
        if (!existsSync(path.join(ROOT, to))) return true;
        return anchor !== undefined && !anchorsOf(read(to)).has(anchor);
      },
    );
    expect(broken).toEqual([]);
  });

  it('environment variables', () => {
    const readers = [
      'src/cli/environment.ts',
      'src/platform/config/oldSettings.ts', // what other services read
      'src/domain/actions/hubspotProject.ts', // what a project of HubSpot's reads
      'sandbox/main.ts',
      'docker-compose.yml',
      'test/support/servers.ts',
      'test/support/openapi.ts',
      ...readdirSync(path.join(ROOT, 'scripts/lib')).map((name) => `scripts/lib/${name}`),
    ].map(read);
    const families =
      /\b((?:DATABASE|TEMPORAL|HUBSPOT|ENCRYPTION|LOG|SHUTDOWN|METRICS|THROTTLE|BUDGET|SLUICE|SANDBOX|POSTGRES|TEST|PUBLIC|NODE|API)_[A-Z][A-Z_]*)\b/g;
    const unknown = named(({ text }) => firstGroups(text, families)).filter(
      ([, name]) => !(name in environmentSchema.shape) && !readers.some((source) => source.includes(name)),
    );
    expect(unknown).toEqual([]);
  });

  it('commands and options of sluice', async () => {
    const helps = new Map<string, string>();
    const walk = async (...words: string[]): Promise<void> => {
      const text = await help(...words);
      helps.set(words.join(' '), text);
      for (const word of commandsIn(text)) await walk(...words, word);
    };
    await walk();
    const unknown = named(({ text }) => firstGroups(text, /npx sluice ([^`\n|;<]+)/g)).filter(([, words]) => {
      const [noun = '', ...others] = words.trim().split(/\s+/);
      if (noun.startsWith('--') || noun.startsWith('…')) return false;
      const options = firstGroups(words, /(--[a-z-]+)/g);
      let command = noun;
      for (const word of others) {
        if (!helps.has(`${command} ${word}`)) break;
        command += ` ${word}`;
      }
      const known = helps.get(command);
      const isWhole = known !== undefined && commandsIn(known).length === 0;
      return !isWhole || options.some((option) => !known.includes(option));
    });
    expect(unknown).toEqual([]);
  });

  it('commands that the command line understands as they are written', async () => {
    /** Names that stand for a reader's own. */
    const own: [RegExp, string][] = [
      [/\b(?:ID|LANE|PORTAL)\b/g, '1'],
      [/\b(?:WORKSPACE|REDRIVE)\b/g, '9027efe2-9446-44f5-9d94-55f7d14048b7'],
      [/--rate …/g, '--rate 100/10s'],
    ];
    // Refused before it does anything, and after all of it was read.
    const env = { NODE_ENV: 'production', CRASH_POINT: 'throttle.release.settled' };
    const notUnderstood: string[] = [];
    for (const [file, words] of named(({ text }) => firstGroups(text, /npx sluice ([^`\n|;<#]+)/g))) {
      const args = own
        .reduce((line, [shown, value]) => line.replace(shown, value), words)
        .match(/"[^"]*"|'[^']*'|\S+/g)
        ?.map((word) => word.replace(/^["']|["']$/g, ''));
      // A command or an option that is named in a sentence, without values.
      if (!args || args.every((word) => /^[a-z-]+$/.test(word))) continue;
      if (args[0]?.startsWith('…') || args.includes('--help')) continue;
      let said = '';
      await runCli(args, { out: () => undefined, err: (text) => (said += text), env, cwd: ROOT });
      if (!said.startsWith('CRASH_POINT ')) notUnderstood.push(`${file}: ${words} (${said.split('\n')[0]})`);
    }
    expect(notUnderstood).toEqual([]);
  });

  it('routes, all of them in docs/api.md', () => {
    const exist = servedRoutes().map(({ method, path: route }) => `${method} ${route}`);
    expect(exist.length).toBeGreaterThan(15);
    const route = /`((?:GET|POST|PATCH|DELETE|PUT) \/(?!_sandbox)[^\s`?]*)[^`]*`/g;
    const unknown = named(({ text }) => firstGroups(text, route)).filter(([, name]) => !exist.includes(name));
    expect(unknown).toEqual([]);
    const described = firstGroups(read('docs/api.md'), route);
    expect(exist.filter((name) => !described.includes(name))).toEqual([]);
    const types = firstGroups(read('docs/api.md'), /`urn:sluice:(\w+)`/g);
    expect(types.sort()).toEqual(Object.keys(ERRORS).sort());
  });

  it('metrics, all of them in docs/operations.md', async () => {
    const { metrics } = createAllInstruments();
    const ours = (await metrics.registry.getMetricsAsJSON())
      .map(({ name }) => name)
      .filter((name) => name.startsWith('sluice_'));
    const word = /`(sluice_[a-z_]+)(?:\{[^`]*\})?`/g;
    const outputs = [
      'sluice_status',
      'sluice_wait_seconds',
      'sluice_place',
      'sluice_eta',
      'sluice_queue',
      'sluice_reason',
      'sluice_app',
      'sluice_system',
      'sluice_monitor',
      'sluice_maintenance',
    ];
    const properties = [
      'src/sdk/outbox/registry/driverEvents.ts',
      'src/sdk/outbox/registry/ownProperties.ts',
      'src/domain/outbox/portalCapabilities.ts',
      'src/services/register/stepRows.ts',
      'migrations/outbox/inbox.sql', // its functions
    ].flatMap((path) => firstGroups(read(path), /\b(sluice_[a-z_]+)\b/g));
    const unknown = named(({ text }) => firstGroups(text, word)).filter(
      ([, name]) => !ours.includes(name) && !outputs.includes(name) && !properties.includes(name),
    );
    expect(unknown).toEqual([]);
    const described = firstGroups(read('docs/operations.md'), word);
    expect(ours.filter((name) => !described.includes(name))).toEqual([]);
  });

  it('faults, all of them in docs/testing.md, and benchmarks, all of them in docs/benchmarks.md', () => {
    const faults = readdirSync(path.join(ROOT, 'test/faults')).flatMap((name) =>
      [
        ...read(`test/faults/${name}`).matchAll(/^ {2}id: '([FMORW]\d\d)',\n(?: {2}covers: \[(.*)\],$)?/gm),
      ].map(([, id, covers]) => (covers ? `${id} (${covers.replaceAll("'", '')})` : id)),
    );
    const listed = firstGroups(read('docs/testing.md'), /^\| ([FMORW]\d\d(?: \([FMORW\d, ]+\))?) \|/gm);
    expect(listed).toEqual(faults.sort());
    const names = firstGroups(faults.join(' '), /([FMORW]\d\d)/g);
    const unknown = named(({ text }) => firstGroups(text, /\b([FMORW]\d\d)\b/g)).filter(
      ([, id]) => !names.includes(id),
    );
    expect(unknown).toEqual([]);
    const benchmarks = firstGroups(
      /const NAMES = \[([^\]]*)\]/.exec(read('bench/main.ts'))?.[1] ?? '',
      /'(\w+)'/g,
    );
    expect(firstGroups(read('docs/benchmarks.md'), /^\| `([a-z]+)` \| .* \| .* \|$/gm)).toEqual(benchmarks);
    const run = named(({ text }) => firstGroups(text, /npm run bench -- ([a-z]+)/g));
    expect(run.filter(([, name]) => !benchmarks.includes(name))).toEqual([]);
  });
});

describe('a promise', () => {
  const proofs = named(({ text }) =>
    [...text.matchAll(/"([^"\n]+)"\s+\(\[[^\]]+\]\(([^)]+\.test\.ts)\)\)/g)].map(
      ([, title = '', file = '']) => `${file}\n${title}`,
    ),
  );

  it('is proved by a test that exists under the title that is quoted', () => {
    expect(proofs.length).toBeGreaterThan(30);
    const missing = proofs.filter(([document, proof]) => {
      const [link = '', title = ''] = proof.split('\n');
      const file = path.posix.join(path.posix.dirname(document), link);
      // Prettier may begin a line with a title that is long.
      const isThere = (text: string) => {
        const calls = text.replace(/\(\s+(?=['"])/g, '(');
        return [`('${title}'`, `("${title}"`].some((test) => calls.includes(test));
      };
      return !existsSync(path.join(ROOT, file)) || !isThere(read(file));
    });
    expect(missing).toEqual([]);
  });

  it('has a proof or a fault in each row and section', () => {
    const rows = /## What it guarantees[^]*?\n## /
      .exec(read('README.md'))?.[0]
      .match(/^\| (?!promise|---).*$/gm);
    expect(rows?.filter((row) => !row.includes('.test.ts)'))).toEqual([]);
    const comingFrom = read('docs/coming-from.md').match(/^\| (?!there \|).*$/gm) ?? [];
    expect(comingFrom.length).toBeGreaterThan(10);
    expect(comingFrom.filter((row) => !row.includes('.test.ts)'))).toEqual([]);
    const sections = (file: string, proof: RegExp) =>
      read(file)
        .split(/^## (?=\d+\.)/m)
        .slice(1)
        .filter((section) => !proof.test(section))
        .map((section) => section.split('\n')[0]);
    expect(sections('docs/guarantees.md', /\.test\.ts\)/)).toEqual([]);
    expect(sections('docs/laws.md', /\.test\.ts\)|[Ff]aults? F\d\d/)).toEqual([]);
  });
});

describe('docs/bug-hunt.md', () => {
  const sections = read('docs/bug-hunt.md').split(/^## /m).slice(1);
  const rows = (text: string) => text.match(/^\| (?!report).*$/gm) ?? [];

  it('has two reports of each kind at least, and of each an address, a verdict and a test', () => {
    expect(sections.length).toBeGreaterThanOrEqual(10);
    expect(sections.filter((section) => rows(section).length < 2)).toEqual([]);
    const isWhole = (row: string) =>
      /^\| \[[^\]]+\]\(https:\/\/[^)]+\).* \| [^|]{40,} \| (?:held|mended) \| "[^"]+" \(\[\w+\]\([^)]+\.test\.ts\)\) \|$/.test(
        row,
      );
    expect(sections.flatMap(rows).filter((row) => !isWhole(row))).toEqual([]);
    expect(sections.flatMap(rows).length).toBeGreaterThanOrEqual(22);
  });

  it('names no report twice', () => {
    const addresses = firstGroups(sections.join(''), /\]\((https:[^)]+)\)/g);
    expect(new Set(addresses).size).toBe(addresses.length);
  });
});

describe('README.md', () => {
  const readme = read('README.md');

  it('can be read in three minutes: at most 14 KB', () => {
    expect(Buffer.byteLength(readme)).toBeLessThanOrEqual(14 * 1024);
  });

  it('leads, for each question of "Find your way", to a file that holds what it names', () => {
    const rows = [...readme.matchAll(/^\| [^|]+ \| `(\w+)` in \[([\w.]+)\]\(([^)]+)\) \|$/gm)];
    expect(rows.length).toBeGreaterThanOrEqual(12);
    const wrong = rows.filter(([, symbol = '', name = '', file = '']) => {
      const text = existsSync(path.join(ROOT, file)) ? read(file) : '';
      const holds = new RegExp(`(?:function|const|class|FUNCTION) ${symbol}\\b`).test(text);
      return path.posix.basename(file) !== name || !holds;
    });
    expect(wrong.map(([row]) => row)).toEqual([]);
  });

  it('shows ids that exist after the job of npm start, in a database that was empty before', async () => {
    const { JOB } = (await import('../../../scripts/lib/mainJob.mjs')) as {
      JOB: { count: number; limit: number };
    };
    expect(new Set(firstGroups(readme, /sluice lanes (?:show|set) (\d+)/g))).toEqual(new Set(['1']));
    const executions = firstGroups(readme, /sluice executions show (\d+)/g).map(Number);
    expect(executions.length).toBeGreaterThan(0);
    expect(executions.filter((id) => id < 1 || id > JOB.count)).toEqual([]);
    expect(readme).toContain(`takes ${JOB.count} records through at ${JOB.limit} per`);
  });

  it('shows a picture that is small', () => {
    const [picture = ''] = firstGroups(readme, /!\[[^\]]+\]\(([^)]+)\)/g);
    expect(statSync(path.join(ROOT, picture)).size).toBeLessThanOrEqual(200 * 1024);
  });
});

describe('the documents', () => {
  it('name no folder of a machine', () => {
    expect(named(({ text }) => firstGroups(text, /((?:\/home|\/root|\/work|\/tmp|\/Users)\/\w*)/g))).toEqual(
      [],
    );
  });

  it('list every decision', () => {
    const files = readdirSync(path.join(ROOT, 'docs/decisions')).filter((name) => /^\d/.test(name));
    const index = read('docs/decisions/README.md');
    expect(files.filter((name) => !index.includes(`(${name})`))).toEqual([]);
  });
});
