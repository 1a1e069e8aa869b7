import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { inWords, rate, shortRate } from '../../../src/cli/arguments.js';
import { describeFailure } from '../../../src/cli/errors.js';
import { counted, moment, sheet, table } from '../../../src/cli/output.js';
import { runCli } from '../../../src/cli/program.js';
import { partingEvent } from '../../../src/cli/throttle/replay.js';
import { NOUNS } from '../../../src/cli/rooms.js';
import { readSettings } from '../../../src/cli/settings.js';
import { HIT_KINDS } from '../../../src/domain/search/hits.js';
import { AppError } from '../../../src/platform/errors.js';
import { Secret } from '../../../src/platform/secret.js';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(path.join(tmpdir(), 'sluice-cli-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

async function sluice(args: string, env: Record<string, string> = {}) {
  const seen = { out: '', err: '' };
  const code = await runCli(args.split(' ').filter(Boolean), {
    out: (text) => void (seen.out += text),
    err: (text) => void (seen.err += text),
    env,
    cwd,
  });
  return { code, ...seen };
}

describe('the settings', () => {
  const defaults = { TEMPORAL_NAMESPACE: 'default', TEMPORAL_TLS: false };
  const noteState = (state: unknown) => {
    mkdirSync(path.join(cwd, '.sluice'));
    writeFileSync(
      path.join(cwd, '.sluice', 'state.json'),
      typeof state === 'string' ? state : JSON.stringify(state),
    );
  };

  it('come from the environment, else from what `npm start` noted here or above, else are the usual', () => {
    expect(readSettings(defaults, cwd)).toMatchObject({ apiUrl: 'http://localhost:3000', apiKey: undefined });
    noteState({
      apiUrl: 'http://localhost:3100',
      apiKey: 'noted',
      temporalAddress: '127.0.0.1:7300',
      other: 1,
    });
    mkdirSync(path.join(cwd, 'deep/er'), { recursive: true });
    const noted = readSettings(defaults, path.join(cwd, 'deep/er'));
    expect(noted).toMatchObject({
      apiUrl: 'http://localhost:3100',
      temporal: { TEMPORAL_ADDRESS: '127.0.0.1:7300' },
    });
    expect(noted.apiKey?.reveal()).toBe('noted');

    const given = readSettings(
      {
        ...defaults,
        SLUICE_API_URL: 'https://sluice.example.com/',
        SLUICE_API_KEY: new Secret('given'),
        TEMPORAL_ADDRESS: 't:1',
      },
      cwd,
    );
    expect(given).toMatchObject({
      apiUrl: 'https://sluice.example.com',
      temporal: { TEMPORAL_ADDRESS: 't:1' },
    });
    expect(given.apiKey?.reveal()).toBe('given');
  });

  it('never take the key that was noted to another address', () => {
    noteState({ apiUrl: 'http://localhost:3100', apiKey: 'noted' });
    expect(
      readSettings({ ...defaults, SLUICE_API_URL: 'https://elsewhere.example.com' }, cwd).apiKey,
    ).toBeUndefined();
  });

  it('do without a note that cannot be read', () => {
    noteState('{"apiUrl":');
    expect(readSettings(defaults, cwd).apiUrl).toBe('http://localhost:3000');
  });
});

describe('a command', () => {
  it('that is not understood exits with 2 and says why', async () => {
    for (const args of [
      'lanes',
      'lanes fly',
      'lanes show',
      'lanes show x',
      'lanes set 7 --rate 10/potato',
      'lanes set 7',
      'lanes drain 7',
      'lanes drain 7 --as lost',
      'executions list --state lost',
      'executions list --limit 0',
      'rates set 1 2',
      'portals connect x',
      'portals connect --token-file token.txt',
      'portals disconnect 5',
      'portals settings 5 --sync maybe',
      'outbox mappings --delete',
      'outbox redrive --all --per-second 0',
      'encryption-keys shred 5',
    ]) {
      const { code, out, err } = await sluice(args, { SLUICE_API_KEY: `slc_test_${'x'.repeat(43)}` });
      expect([args, code, out]).toEqual([args, 2, '']);
      expect(err).not.toBe('');
    }
    expect((await sluice('lanes list', { SLUICE_API_KEY: 'nonsense' })).code).toBe(2);
  });

  it('without a key, or without an API, exits with 1 and says in a line what to do', async () => {
    expect(await sluice('lanes list')).toEqual({
      code: 1,
      out: '',
      err: 'No API key: `sluice login` notes one, or set SLUICE_API_KEY (`npm run setup` prints one)\n',
    });
    const away = await sluice('lanes list', {
      SLUICE_API_KEY: `slc_test_${'x'.repeat(43)}`,
      SLUICE_API_URL: 'http://127.0.0.1:1',
    });
    expect(away).toEqual({
      code: 1,
      out: '',
      err: 'Cannot reach the API at http://127.0.0.1:1: start it (`npm start`), or set SLUICE_API_URL\n',
    });
  });

  it('says in a line what the database refuses, or that it is away, and never shows a stack', async () => {
    const ENCRYPTION_KEYS = `k1:${Buffer.alloc(32, 1).toString('base64')}`;
    const away = 'postgresql://sluice@127.0.0.1:1/sluice';
    const env = { DATABASE_URL: away, DATABASE_ADMIN_URL: away, ENCRYPTION_KEYS };
    for (const args of [
      'encryption-keys list',
      'encryption-keys rotate',
      'workspaces list',
      'audit verify --workspace all',
    ])
      expect([args, await sluice(args, env)]).toEqual([
        args,
        {
          code: 1,
          out: '',
          err: 'Cannot reach the database (ECONNREFUSED): check DATABASE_URL and DATABASE_ADMIN_URL, and that Postgres runs\n',
        },
      ]);
    const failures: [Error, RegExp][] = [
      [
        Object.assign(new Error('password authentication failed'), { code: '28P01' }),
        /^The database refused/,
      ],
      [
        Object.assign(new Error('permission denied to set role "sluice_system"'), { code: '42501' }),
        /DATABASE_ADMIN_URL must name the owner/,
      ],
      [Object.assign(new Error('relation "x" does not exist'), { code: '42P01' }), /npm run migrate/],
      [new AppError('conflict', 'Somebody else runs. Wait.'), /^Somebody else runs\. Wait\.$/],
      [new TypeError('x is not a function'), /^It failed unexpectedly \(TypeError\): x is not a function$/],
    ];
    for (const [failure, words] of failures) {
      expect(describeFailure(failure)).toMatch(words);
      expect(describeFailure(failure)).not.toMatch(/\n|\bat .+:\d+/);
    }
  });

  it('is known by the name that it had, which is shown nowhere', async () => {
    const today = {
      'keys list': 'encryption-keys list',
      'config list': 'rates list',
      'workspace show': 'workspaces show',
      'executions release': 'executions first',
      'outbox mapping': 'outbox mappings',
      'portals config': 'portals settings',
    };
    for (const [before, now] of Object.entries(today)) {
      const [old, current] = [await sluice(`${before} --help`), await sluice(`${now} --help`)];
      expect([before, old]).toEqual([before, current]);
      expect(current.out).toContain(`$ sluice ${now}`);
      expect(current.out).not.toContain(`sluice ${before} `);
    }
    const { out } = await sluice('--help');
    expect(out).not.toMatch(/^ {2}(keys|config|workspace) /m);
  });

  it('names in its help what needs which variable, and what is found by an id', async () => {
    const help = (await sluice('--help')).out;
    const environment = help.slice(help.indexOf('Environment:'), help.indexOf('Exit codes'));
    const nouns = NOUNS.filter(({ description }) => description.includes('DATABASE_ADMIN_URL'));
    for (const words of [...nouns.map(({ noun }) => noun), 'portals move', 'outbox bind', 'audit verify'])
      expect(environment).toContain(words);
    const search = (await sluice('search --help')).out.replace(/\s+/g, ' ');
    for (const kind of [
      ...HIT_KINDS.map((name) => name.split('_').at(-1)),
      'queue',
      'callback',
      'record',
      'workflow',
    ])
      expect(search).toMatch(new RegExp(`\\b${kind}\\b`));
  });

  it('prints its version', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(await sluice('--version')).toEqual({ code: 0, out: `${version}\n`, err: '' });
  });

  it('tells a program of errors as problems, whatever went wrong', async () => {
    const key = `slc_test_${'x'.repeat(43)}`;
    for (const [args, env, type, code] of [
      ['lanes list --json', {}, 'unauthorized', 1],
      ['lanes list --json', { SLUICE_API_KEY: key, SLUICE_API_URL: 'http://127.0.0.1:1' }, 'unavailable', 1],
      ['lanes list --json', { SLUICE_API_KEY: 'nonsense' }, 'invalid_input', 2],
      ['lanes show x --json', {}, 'invalid_input', 2],
      ['lanes show --json', {}, 'invalid_input', 2],
      ['lanes --json', {}, 'invalid_input', 2],
      ['workspaces list --json', { DATABASE_URL: 'postgresql://a@127.0.0.1:1/b' }, 'unavailable', 1],
    ] as const) {
      const seen = await sluice(args, env);
      expect([args, seen.code, seen.out]).toEqual([args, code, '']);
      const problem = JSON.parse(seen.err) as Record<string, string>;
      expect([args, problem.type]).toEqual([args, `urn:sluice:${type}`]);
      expect(problem.detail).toMatch(/^(?!error).+/);
      expect(problem.title).not.toBe('');
    }
  });

  it('shows its help with an example, each of them, and takes --json', async () => {
    const verbs = { lanes: 6, executions: 6, portals: 9, rates: 4 };
    for (const [noun, count] of Object.entries(verbs)) {
      const { code, out } = await sluice(`${noun} --help`);
      const names = [...out.matchAll(/^ {2}([a-z-]+) \[options\]/gm)].map(([, name]) => name);
      expect([code, names.length]).toEqual([0, count]);
      for (const name of names) {
        const help = await sluice(`${noun} ${name} --help`);
        expect(help.code).toBe(0);
        expect(help.out).toContain(`Example:\n  $ sluice ${noun} ${name}`);
        expect(help.out).toContain('--json');
      }
    }
  });
});

describe('what is printed', () => {
  const narrow = { wide: false, columns: 49, now: new Date('2027-01-01T12:00:00Z') };
  const long = ['7', 'why-'.repeat(9), moment('2027-01-01T11:58:00.000Z'), '41000002', 'because '.repeat(9)];
  const headers = ['id', 'a', 'at', 'portal', 'b'];

  it('fits: what is too long is cut, the last column first, and never the id or a number; times are told from now', () => {
    const [, row = ''] = table(headers, [long], narrow).split('\n');
    expect(row).toBe('7   why-why-w…  2 min ago  41000002  because bec…');
    expect(row.length).toBeLessThanOrEqual(49);
    const soon = table(['id', 'next'], [['1', moment('2027-01-02T13:00:00Z')]], narrow);
    expect(soon).toMatch(/^1 {3}in 1 d$/m);
  });

  it('tells a terminal nothing by what somebody wrote into a value: no escape, no control, no turn of the writing', () => {
    const written = 'Ada\u001B]52;c;eA==\u0007 \u009B2JLove\u202Elace\tof\r\nBath';
    const shown = `${table(['id', 'b'], [['7', written]], { ...narrow, wide: true })}${sheet([['name', written]])}`;
    expect(shown).toContain('Ada ]52;c;eA==   2JLove lace of Bath');
    expect(shown).not.toMatch(/[^\P{Cc}\n]/u);
    expect(shown).not.toContain('\u202E');
  });

  it('is whole with --wide, with exact times', () => {
    const all = table(headers, [long], { ...narrow, wide: true });
    expect(all).toContain('why-'.repeat(9));
    expect(all).toContain('2027-01-01T11:58:00.000Z');
  });

  it('is a line a row, whatever somebody wrote, and none where there is nothing', () => {
    expect(table(['id', 'why'], [['1', 'first\n  second']], narrow)).toBe('ID  WHY\n1   first second');
    expect(table(['id', 'why'], [], narrow)).toBe('none');
  });

  it('counts one as one', () => {
    expect([0, 1, 2].map((n) => counted(n, 'event'))).toEqual(['0 events', '1 event', '2 events']);
    expect(counted(1, 'entry', 'entries')).toBe('1 entry');
  });

  it('stands in columns: words to the left, numbers to the right, nothing at the end of a line', () => {
    expect(
      table(
        ['id', 'waiting', 'state'],
        [
          ['7', 5, null],
          ['12', 1500, 'paused'],
        ],
        narrow,
      ),
    ).toBe(['ID  WAITING  STATE', '7         5  -', '12     1500  paused'].join('\n'));
    expect(
      sheet([
        ['lane', '7'],
        ['paused', null],
        ['spread', true],
      ]),
    ).toBe('lane    7\npaused  -\nspread  yes');
  });
});

describe('a rate', () => {
  it.each([
    ['100/10s', 10, 'seconds'],
    ['5/m', 1, 'minutes'],
    ['25/1d', 1, 'days'],
    ['7/90s', 90, 'seconds'],
    ['1/24h', 1, 'days'],
  ])('of %s is sent as so many per %i %s', (text, time, period) => {
    expect(inWords(rate(text))).toEqual({ max_throughput: Number.parseInt(text, 10), time, period });
    expect(rate(shortRate(rate(text)))).toEqual(rate(text));
  });
});

describe('a replay that parts', () => {
  it('names the event as the SDK does', () => {
    expect(
      partingEvent(
        '[TMPRL1100] Nondeterminism error: Timer machine does not handle this event: HistoryEvent(id: 5, TimerStarted)',
      ),
    ).toBe('event 5 (TimerStarted)');
    expect(partingEvent('something else')).toBe('an event that the SDK does not name');
  });
});
