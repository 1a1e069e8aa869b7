import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { envWith, filledIn } from '../../../src/cli/envFile.js';
import { runCli } from '../../../src/cli/program.js';
import { ROOT } from '../../support/process.js';

const ORIGIN = 'https://sluice.example.com';
const SECRET = 'a-client-secret-of-the-app';

describe('sluice init', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(path.join(tmpdir(), 'sluice-init-'));
    writeFileSync(path.join(dir, '.env.example'), readFileSync(path.join(ROOT, '.env.example')));
    writeFileSync(path.join(dir, 'secret'), `${SECRET}\n`);
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  async function init(args: string, answers?: string[]) {
    const said = { out: '', err: '', asked: [] as string[] };
    const ask = async (question: string) => {
      said.asked.push(question.trim());
      return answers?.shift() ?? '';
    };
    const code = await runCli(['init', ...args.split(' ').filter(Boolean)], {
      out: (text) => void (said.out += text),
      err: (text) => void (said.err += text),
      ...{ env: {}, cwd: dir },
      ...(answers && { ask, askUnseen: ask }),
    });
    return { code, ...said };
  }
  const env = () => filledIn(readFileSync(path.join(dir, '.env'), 'utf8'));
  const flags = `--app-id 77 --client-id abc --client-secret-file ${'SECRET'} --public-url ${ORIGIN}`;
  const given = () => flags.replace('SECRET', path.join(dir, 'secret'));

  it('writes what it is given, without a terminal, for nobody else to read, and never prints the secret', async () => {
    const { code, out, err } = await init(`${given()} --no-check`);
    expect([code, err]).toEqual([0, '']);
    expect(out).not.toContain(SECRET);
    expect(env()).toEqual({
      ...{
        HUBSPOT_APP_ID: '77',
        HUBSPOT_CLIENT_ID: 'abc',
        HUBSPOT_CLIENT_SECRET: SECRET,
        PUBLIC_URL: ORIGIN,
      },
      ENCRYPTION_KEYS: expect.stringMatching(/^k1:[\w+/]{43}=$/),
    });
    expect(statSync(path.join(dir, '.env')).mode & 0o777).toBe(0o600);
    const written = readFileSync(path.join(dir, '.env'), 'utf8');
    const again = await init(`${given()} --no-check`);
    expect([again.code, again.out]).toEqual([0, expect.stringContaining('.env has it all already')]);
    expect(readFileSync(path.join(dir, '.env'), 'utf8')).toBe(written);
  });

  it('asks for what it is not given, in four questions at most, and shows the way to an origin', async () => {
    const { code, asked, err } = await init('--no-check', ['77', 'abc', SECRET, `${ORIGIN}/`]);
    expect([code, asked]).toEqual([
      0,
      ["The app's id:", 'Its client id:', 'Its client secret:', 'The https origin that HubSpot calls:'],
    ]);
    expect(err).toContain('cloudflared tunnel --url http://localhost:3000');
    expect(env()).toMatchObject({ PUBLIC_URL: ORIGIN });
  });

  it.each([
    ['nothing is given, and nobody can be asked', '', /give --app-id/],
    ['the origin is no https', `${flags.replace('https:', 'http:')}`, /must be an https origin/],
    ['the origin has a path', `${flags}/path`, /must be an https origin/],
  ])('writes nothing where %s', async (_, args, said) => {
    const { code, err } = await init(args.replace('SECRET', path.join(dir, 'secret')));
    expect([code, err]).toEqual([2, expect.stringMatching(said)]);
    expect(() => env()).toThrow(/ENOENT/);
  });

  it('takes the place of nothing that stands there', async () => {
    writeFileSync(path.join(dir, '.env'), 'HUBSPOT_APP_ID=78\n');
    const { code, err } = await init(`${given()} --no-check`);
    expect([code, err]).toEqual([1, expect.stringContaining('.env has another HUBSPOT_APP_ID')]);
    expect(env()).toEqual({ HUBSPOT_APP_ID: '78' });
  });

  it('says where the origin does not lead to this machine', async () => {
    const elsewhere = given().replace(ORIGIN, 'https://127.0.0.1:1');
    const { code, out } = await init(elsewhere);
    expect([code, out]).toEqual([1, expect.stringContaining('✗ https://127.0.0.1:1 does not answer')]);
  });
});

describe('a .env with values', () => {
  it('has them in the lines that are there for them, else at its end', () => {
    expect(envWith('# A=x\nB=\n', { A: '1', B: '$&2', C: '3' })).toBe('A=1\nB=$&2\nC=3\n');
    expect(envWith('', { A: '1' })).toBe('A=1\n');
  });
});
