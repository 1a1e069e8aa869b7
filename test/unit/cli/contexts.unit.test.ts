import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import type { ReadStream } from 'node:tty';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { askUnseenAt } from '../../../src/cli/shell/askUnseen.js';
import { readContexts, writeContexts } from '../../../src/cli/shell/contextsFile.js';
import { runCli } from '../../../src/cli/program.js';

const keyOf = (letter: string) => `slc_test_${letter.repeat(43)}`;
const KNOWN = keyOf('a');
const NARROW = keyOf('b');
const UNKNOWN = keyOf('c');

let home: string;
let file: string;
let server: Server;
let url: string;
/** The key of each request. */
const asked: string[] = [];
beforeAll(async () => {
  server = createServer((request, response) => {
    const key = (request.headers.authorization ?? '').replace('Bearer ', '');
    asked.push(key);
    const status = key === KNOWN ? 200 : key === NARROW ? 403 : 401;
    const body =
      status === 200 ? { items: [], next: null } : { type: 'urn:sluice:x', title: 'x', detail: 'No', status };
    response.writeHead(status, {
      'content-type': status === 200 ? 'application/json' : 'application/problem+json',
    });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'sluice-home-'));
  file = path.join(home, '.config', 'sluice', 'contexts.json');
  asked.length = 0;
});
afterEach(() => rmSync(home, { recursive: true }));

async function sluice(args: string, { key, env = {} }: { key?: string; env?: NodeJS.ProcessEnv } = {}) {
  const seen = { out: '', err: '' };
  const code = await runCli(args.split(' '), {
    out: (text) => void (seen.out += text),
    err: (text) => void (seen.err += text),
    env: { HOME: home, ...env },
    cwd: home,
    askUnseen: key === undefined ? undefined : async () => key,
  });
  return { code, ...seen };
}
const login = (name: string, key = KNOWN) => sluice(`login --name ${name} --url ${url}`, { key });

describe('sluice login', () => {
  it('notes the key in a file that nobody else may read, and uses it from then on', async () => {
    const { code, out } = await login('prod');
    expect([code, out]).toEqual([0, `prod is ${url}, and in use from now on\n`]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(path.dirname(file)).mode & 0o777).toBe(0o700);
    asked.length = 0;
    expect((await sluice('lanes list')).out).toBe('none\n');
    expect(asked).toEqual([KNOWN]);
  });

  it('shows the key nowhere', async () => {
    for (const { out, err } of [
      await login('prod'),
      await sluice('contexts list --json'),
      await login('x', UNKNOWN),
    ])
      expect(out + err).not.toMatch(/slc_test_/);
  });

  it('tries the key first: one that the API does not know is not noted, one of few scopes is', async () => {
    const refused = await login('prod', UNKNOWN);
    expect([refused.code, refused.err]).toEqual([1, `${url} does not know this key: nothing was noted\n`]);
    expect(existsSync(file)).toBe(false);
    expect((await login('prod', NARROW)).code).toBe(0);
  });

  it.each([
    ['login --url sluice.example.com', /is no address of an API/],
    ['login --url http://sluice.example.com', /would have the key readable on its way/],
    ['login --url https://ada:canary@sluice.example.com', /^The address holds a name or a password/],
    ['login', /Say which API: --url/],
    ['login --name a/b --url https://sluice.example.com', /is no name of a context/],
  ])('says what is wrong, and asks for no key: %s', async (args, words) => {
    const { code, err } = await sluice(args, { key: KNOWN });
    expect([code, err]).toEqual([2, expect.stringMatching(words)]);
    expect(asked).toEqual([]);
  });

  it('keeps the address of a name whose key is taken anew', async () => {
    await login('prod');
    expect((await sluice('login --name prod', { key: NARROW })).code).toBe(0);
    expect(readContexts(file).contexts).toEqual({ prod: { url, key: NARROW } });
  });

  it('is undone by logout, and by contexts remove', async () => {
    await login('one');
    await login('two');
    expect((await sluice('logout')).code).toBe(0);
    expect(readContexts(file)).toMatchObject({ current: null, contexts: { one: { url } } });
    expect((await sluice('contexts remove one')).code).toBe(0);
    expect(readContexts(file)).toEqual({ current: null, contexts: {} });
    expect((await sluice('contexts remove one')).code).toBe(2);
  });

  it('notes, and logout forgets, the context that is named, whichever way', async () => {
    for (const name of ['staging', 'one', 'two', 'three', 'four'])
      expect((await sluice(`login --context ${name} --url ${url}`, { key: KNOWN })).out).toMatch(
        `${name} is `,
      );
    await sluice('contexts use staging');
    const left = () => Object.keys(readContexts(file).contexts);
    await sluice('logout --context one');
    expect(left()).toEqual(['staging', 'two', 'three', 'four']);
    await sluice('logout --name two');
    await sluice('logout', { env: { SLUICE_CONTEXT: 'three' } });
    await sluice('logout --context four', { env: { SLUICE_CONTEXT: 'staging' } });
    expect([left(), readContexts(file).current]).toEqual([['staging'], 'staging']);
  });

  it.each([
    'login --name a --context b --url https://sluice.example.com',
    'logout --name a --context b',
    'contexts use a --context b',
    'contexts remove a --context b',
    'contexts list --context b',
    'workspaces list --context b',
    'encryption-keys list --context b',
    'installation show --context b',
    'outbox bind app --every-portal --context b',
  ])('is not guessed from two names, and what asks no API takes none: %s', async (args) => {
    await login('a');
    await login('b');
    const env = { DATABASE_URL: 'postgresql://a@127.0.0.1:1/b' };
    const { code, err } = await sluice(args, { key: KNOWN, env });
    expect([code, err]).toEqual([2, expect.stringMatching(/^--(name says|context (names|says))[^\n]+\n$/)]);
    expect(Object.keys(readContexts(file).contexts)).toEqual(['a', 'b']);
  });
});

describe('the file of contexts', () => {
  it.each([0o644, 0o640, 0o604, 0o660])('is not used while others may read it: %o', async (mode) => {
    await login('prod');
    chmodSync(file, mode);
    const { code, err } = await sluice('lanes list');
    expect([code, err]).toEqual([2, expect.stringMatching(/^Others may read .*: `chmod 600 /)]);
  });

  it('that is none is said to be, and not written over', async () => {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, '{"contexts": 3}', { mode: 0o600 });
    expect((await login('prod')).err).toMatch(/is not what `sluice login` writes/);
    expect(readFileSync(file, 'utf8')).toBe('{"contexts": 3}');
  });

  it('is written with the mode that it is to have, over one that has another', () => {
    writeContexts(file, { current: null, contexts: {} });
    chmodSync(file, 0o666);
    writeContexts(file, { current: null, contexts: {} });
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });
});

describe('which API a command asks', () => {
  const noted = (apiUrl: string, pid = process.pid) => {
    mkdirSync(path.join(home, '.sluice'), { recursive: true });
    writeFileSync(path.join(home, '.sluice', 'state.json'), JSON.stringify({ apiUrl, apiKey: NARROW, pid }));
  };

  it('is that of the environment before any context, and never with the key of one', async () => {
    await login('prod');
    asked.length = 0;
    await sluice('lanes list', { env: { SLUICE_API_URL: url, SLUICE_API_KEY: UNKNOWN } });
    expect(asked).toEqual([UNKNOWN]);
    const { err } = await sluice('lanes list', { env: { SLUICE_API_URL: url } });
    expect(err).toMatch(/^No API key/);
    expect(asked).toEqual([UNKNOWN]);
  });

  it('is the context that is named, by the option or SLUICE_CONTEXT, before what runs here', async () => {
    await login('prod');
    await login('few', NARROW);
    noted('http://127.0.0.1:1');
    asked.length = 0;
    expect((await sluice('lanes list --context prod')).code).toBe(0);
    expect((await sluice('lanes --context=prod list')).code).toBe(0);
    expect((await sluice('lanes list', { env: { SLUICE_CONTEXT: 'prod' } })).code).toBe(0);
    await sluice('lanes list --context few', { env: { SLUICE_CONTEXT: 'prod' } });
    expect(asked).toEqual([KNOWN, KNOWN, KNOWN, NARROW]);
  });

  it('is what runs in this folder before the context in use', async () => {
    await login('prod');
    noted(url);
    asked.length = 0;
    await sluice('lanes list');
    expect(asked).toEqual([NARROW]);
  });

  it('is not what ran in this folder, and was killed', async () => {
    await login('prod');
    noted('http://127.0.0.1:1', spawnSync(process.execPath, ['--version']).pid);
    asked.length = 0;
    expect((await sluice('lanes list')).code).toBe(0);
    expect(asked).toEqual([KNOWN]);
  });

  it('is said by login and contexts where it is not the context that was just put in use', async () => {
    const overrides: [NodeJS.ProcessEnv, RegExp][] = [
      [{ SLUICE_API_KEY: KNOWN }, /SLUICE_API_URL or SLUICE_API_KEY is set, which comes first: unset them/],
      [{ SLUICE_CONTEXT: 'other' }, /SLUICE_CONTEXT names other, which comes first/],
      [{}, /what `npm start` runs here comes first: --context (prod|NAME) asks this one/],
    ];
    await login('other');
    noted(url);
    for (const [env, words] of overrides) {
      const said = await sluice(`login --name prod --url ${url}`, { key: KNOWN, env });
      expect([said.code, said.out]).toEqual([0, expect.stringMatching(words)]);
      const used = await sluice('contexts use prod', { env });
      expect([used.code, used.out]).toEqual([0, expect.stringMatching(words)]);
      expect(said.out + used.out).not.toContain('from now on');
      expect(JSON.parse((await sluice('contexts use prod --json', { env })).out)).toMatchObject({
        inUse: false,
      });
      const list = await sluice('contexts list', { env });
      expect(list.out).toMatch(/^prod +no /m);
      if (env.SLUICE_CONTEXT !== undefined)
        expect([list.out, list.err]).toEqual([expect.stringMatching(/^other +yes /m), '']);
      else expect(list.err).toMatch(words);
    }
  });

  it('is what the error points to: the context, the variable, the option or `npm start`', async () => {
    const gone = 'http://127.0.0.1:1';
    writeContexts(file, {
      current: 'prod',
      contexts: { prod: { url: gone, key: KNOWN }, old: { url, key: UNKNOWN } },
    });
    const away = `Cannot reach the API at ${gone}: `;
    expect((await sluice('lanes list')).err).toBe(
      `${away}see that it runs; \`sluice login --name prod --url …\` notes another address\n`,
    );
    expect((await sluice('lanes list --context old')).err).toBe(
      'No: `sluice login --name old` takes another key\n',
    );
    expect((await sluice('lanes list', { env: { SLUICE_API_URL: gone, SLUICE_API_KEY: KNOWN } })).err).toBe(
      `${away}start it (\`npm start\`), or set SLUICE_API_URL\n`,
    );
    expect((await sluice(`login --url ${gone}`, { key: KNOWN })).err).toBe(
      `${away}see that it runs, and check --url\n`,
    );
    expect((await sluice('lanes list', { env: { SLUICE_API_URL: url } })).err).toMatch(
      /^No API key: set SLUICE_API_KEY/,
    );
    noted(gone);
    expect((await sluice('lanes list')).err).toBe(
      `${away}see what \`npm start\`, which has noted this address, says of it\n`,
    );
  });

  it('is none where nothing is noted: login is what is told then', async () => {
    const { err } = await sluice('lanes list');
    expect(err).toBe(
      'No API key: `sluice login` notes one, or set SLUICE_API_KEY (`npm run setup` prints one)\n',
    );
  });

  it('is not guessed where a context is named and the environment says another', async () => {
    await login('prod');
    const { code, err } = await sluice('lanes list --context prod', { env: { SLUICE_API_KEY: KNOWN } });
    expect([code, err]).toEqual([2, expect.stringMatching(/^SLUICE_API_URL or SLUICE_API_KEY is set/)]);
  });

  it('is said to be none where there is no such context', async () => {
    await login('prod');
    expect((await sluice('lanes list --context nothing')).err).toBe(
      'There is no context nothing, but prod\n',
    );
    expect((await sluice('contexts use nothing')).code).toBe(2);
    expect((await sluice('lanes list --context')).code).toBe(2);
  });

  it('is listed', async () => {
    await login('one');
    await login('two');
    await sluice('contexts use one');
    expect((await sluice('contexts list')).out).toBe(
      `NAME  IN USE  URL\none   yes     ${url}\ntwo   no      ${url}\n`,
    );
  });
});

describe('a key that is asked for', () => {
  it('is not shown, and is what was typed', async () => {
    const input = new PassThrough();
    const output = new PassThrough();
    const ask = askUnseenAt(input as unknown as ReadStream, output);
    const answer = ask('API key: ');
    input.write(`${KNOWN}\n`);
    expect(await answer).toBe(KNOWN);
    expect(String(output.read())).toBe('API key: \n');
  });
});
