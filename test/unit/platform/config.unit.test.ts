import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ConfigError, environmentSchema, loadConfig } from '../../../src/platform/config/config.js';
import { oldSettings } from '../../../src/platform/config/oldSettings.js';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const MINIMUM = {
  DATABASE_URL: 'postgres://sluice:canary@localhost/sluice',
  HUBSPOT_APP_ID: '12',
  HUBSPOT_CLIENT_ID: 'client',
  HUBSPOT_CLIENT_SECRET: 'first-canary,second-canary',
  ENCRYPTION_KEYS: `dev:${Buffer.alloc(32).toString('base64')}`,
};

/** `NAME=value` and `# NAME=value` of .env.example. */
function exampleVariables(): Map<string, { value: string; commentedOut: boolean }> {
  const lines = readFileSync(path.join(ROOT, '.env.example'), 'utf8').split('\n');
  const matches = lines
    .map((line) => /^(# )?([A-Z][A-Z0-9_]+)=(.*)$/.exec(line))
    .filter((match) => match !== null);
  return new Map(
    matches.map(([, comment, name = '', value = '']) => [
      name,
      { value, commentedOut: comment !== undefined },
    ]),
  );
}

function problemsOf(env: Record<string, string>): string {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '';
}

describe('.env.example', () => {
  const example = exampleVariables();
  const required = Object.entries(environmentSchema.shape).filter(
    ([, schema]) => !schema.safeParse(undefined).success,
  );

  it('names every variable of the configuration, and only such as somebody reads', () => {
    expect(Object.keys(environmentSchema.shape).filter((name) => !example.has(name))).toEqual([]);
    const readers = ['docker-compose.yml', 'src/cli/environment.ts']
      .map((file) => readFileSync(path.join(ROOT, file), 'utf8'))
      .join('\n');
    const unread = [...example.keys()].filter(
      (name) => !(name in environmentSchema.shape) && !readers.includes(name),
    );
    expect(unread).toEqual([]);
  });

  it('comments out exactly those that need not be set', () => {
    const open = [...example].filter(([, { commentedOut }]) => !commentedOut).map(([name]) => name);
    expect(open.sort()).toEqual(required.map(([name]) => name).sort());
  });

  it('shows the defaults as they are', () => {
    for (const [name, schema] of Object.entries(environmentSchema.shape)) {
      const byDefault = schema.safeParse(undefined);
      const shown = example.get(name)?.value ?? '';
      if (!byDefault.success || byDefault.data === undefined || shown === '') continue;
      expect([name, schema.parse(shown)]).toEqual([name, byDefault.data]);
    }
  });
});

describe('the configuration', () => {
  it('needs no more than the minimum, and derives what follows', () => {
    const config = loadConfig({ ...MINIMUM, PORT: '4000', TEMPORAL_TLS: '' });
    expect(config).toMatchObject({
      PUBLIC_URL: 'http://localhost:4000',
      THROTTLE_DEFAULT_RATE: { limit: 100, intervalMs: 10_000 },
      TEMPORAL_TLS: false,
    });
    expect(config.DATABASE_ADMIN_URL.reveal()).toBe(MINIMUM.DATABASE_URL);
    expect(config.HUBSPOT_CLIENT_SECRET.map((secret) => secret.reveal())).toEqual([
      'first-canary',
      'second-canary',
    ]);
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('takes an API in a version of its own, and says which there are', () => {
    const versions = { HUBSPOT_API_VERSIONS: 'associations=2026-09, events=v4' };
    expect(loadConfig({ ...MINIMUM, ...versions }).HUBSPOT_API_VERSIONS).toEqual({
      associations: '2026-09',
      events: 'v4',
    });
    for (const wrong of ['contacts=v4', 'events=v5', 'events', 'events=v4=v4'])
      expect(problemsOf({ ...MINIMUM, HUBSPOT_API_VERSIONS: wrong })).toContain('api=version');
  });

  it.each([
    ['https://hooks.example.com', ['https://hooks.example.com']],
    ['https://hooks.example.com/', ['https://hooks.example.com']],
    ['https://Hooks.Example.com', ['https://hooks.example.com', 'https://Hooks.Example.com']],
    ['https://hooks.example.com:443', ['https://hooks.example.com', 'https://hooks.example.com:443']],
    ['https://b\u00fccher.example', ['https://xn--bcher-kva.example', 'https://b\u00fccher.example']],
    [
      'https://xn--bcher-kva.example:8443',
      ['https://xn--bcher-kva.example:8443', 'https://b\u00fccher.example:8443'],
    ],
  ])('knows the forms in which HubSpot may have the address %s', (written, forms) => {
    const config = loadConfig({ ...MINIMUM, PUBLIC_URL: written });
    expect(config.PUBLIC_URL_FORMS).toEqual(forms);
    expect(config.PUBLIC_URL).toBe(forms[0]);
  });

  it('says everything that is wrong at once', () => {
    const problems = problemsOf({
      PORT: '70000',
      PUBLIC_URL: 'https://a.example/path',
      ENCRYPTION_KEYS: 'k1:tooshort',
      THROTTLE_DEFAULT_RATE: '10 per potato',
    });
    for (const name of [
      'PORT',
      'PUBLIC_URL',
      'ENCRYPTION_KEYS',
      'THROTTLE_DEFAULT_RATE',
      'DATABASE_URL',
      'HUBSPOT_APP_ID',
      'HUBSPOT_CLIENT_SECRET',
    ]) {
      expect(problems).toContain(`  ${name}: `);
    }
  });

  it.each([
    ['as it is', '0123456789abcdef0123456789abcdeF'],
    ['in hex', Buffer.from('0123456789abcdef0123456789abcdeF').toString('hex')],
    ['in base64', Buffer.from('0123456789abcdef0123456789abcdeF').toString('base64')],
  ])('takes one ENCRYPTION_KEY of 32 bytes, %s, alone or behind those that take its place', (_, text) => {
    const { ENCRYPTION_KEYS: keys, ...rest } = MINIMUM;
    const only = loadConfig({ ...rest, ENCRYPTION_KEY: text }).ENCRYPTION_KEYS;
    expect(only.map(({ id, key }) => [id, Buffer.from(key.reveal(), 'base64').toString()])).toEqual([
      ['single', '0123456789abcdef0123456789abcdeF'],
    ]);
    const both = loadConfig({ ...MINIMUM, ENCRYPTION_KEYS: keys, ENCRYPTION_KEY: text }).ENCRYPTION_KEYS;
    expect(both.map(({ id }) => id)).toEqual(['dev', 'single']);
    expect(problemsOf({ ...rest, ENCRYPTION_KEY: `${text}1` })).toContain(
      '  ENCRYPTION_KEY: must be 32 bytes',
    );
  });

  it.each([
    ['ecto://sluice:canary@db/sluice', 'postgresql://sluice:canary@db/sluice'],
    ['postgresql+asyncpg://sluice:canary@db/sluice', 'postgresql://sluice:canary@db/sluice'],
    ['postgres://sluice:ecto:%2F%2F@db/sluice', 'postgres://sluice:ecto:%2F%2F@db/sluice'],
  ])('reads the database as other programs write it: %s', (given, read) => {
    expect(loadConfig({ ...MINIMUM, DATABASE_URL: given }).DATABASE_URL.reveal()).toBe(read);
    expect(loadConfig({ ...MINIMUM, OUTBOX_DATABASE_URL: given }).OUTBOX_DATABASE_URL?.reveal()).toBe(read);
  });

  it('asks the paths without a date where HUBSPOT_API_VERSION says v3', () => {
    expect(loadConfig({ ...MINIMUM, HUBSPOT_API_VERSION: 'v3' }).HUBSPOT_API_VERSION).toBe('v4');
    expect(oldSettings({ HUBSPOT_API_VERSION: 'v3' }).join()).toContain(
      'HUBSPOT_API_VERSION=v3 is read as v4',
    );
  });

  it('leaves the outbox off, and sends nothing, unless it is told to', () => {
    expect(loadConfig(MINIMUM)).toMatchObject({ HUBSPOT_ENABLED: false, HUBSPOT_SEND_LIVE: false });
  });

  it('names each variable of a former service that means nothing here, never its value', () => {
    const { HUBSPOT_CLIENT_ID: _id, ...rest } = MINIMUM;
    const former = { SECRET_KEY_BASE: 'canary-1', HUBSPOT_CID: 'canary-2', MONGODB_URI: '' };
    const problems = problemsOf({ ...rest, ...former });
    expect(problems).toContain('SECRET_KEY_BASE is not needed');
    expect(problems).toContain('set HUBSPOT_CLIENT_ID to it');
    expect(problems).not.toContain('MONGODB_URI');
    expect(problems).not.toContain('canary');
  });

  it.each(['0', '499', '10001'])('takes no horizon of %s ms: 500 to 10000', (ms) => {
    expect(problemsOf({ ...MINIMUM, THROTTLE_HORIZON_MS: ms })).toContain('  THROTTLE_HORIZON_MS: ');
  });

  it('prints no secret, however it is printed', () => {
    const config = loadConfig(MINIMUM);
    for (const text of [
      JSON.stringify(config),
      String(config.DATABASE_URL),
      `${config.HUBSPOT_CLIENT_SECRET.join()}`,
    ]) {
      expect(text).not.toContain('canary');
    }
  });

  it('does not start in production on what is for development', () => {
    const problems = problemsOf({ ...MINIMUM, NODE_ENV: 'production' });
    expect(problems).toContain('PUBLIC_URL');
    expect(problems).toContain('ENCRYPTION_KEYS');
    expect(problems).toContain('HUBSPOT_CLIENT_SECRET');
    const good = {
      ...MINIMUM,
      NODE_ENV: 'production',
      PUBLIC_URL: 'https://sluice.example.com',
      ENCRYPTION_KEYS: MINIMUM.ENCRYPTION_KEYS.replace('dev:', 'k1:'),
      HUBSPOT_CLIENT_SECRET: '0123456789abcdef-0123',
    };
    expect(problemsOf(good)).toBe('');
    expect(problemsOf({ ...good, HUBSPOT_API_BASE_URL: 'http://hubspot.example.com' })).toContain(
      'tokens go there',
    );
    expect(problemsOf({ ...good, CRASH_POINT: 'throttle.release.settled' })).toContain('CRASH_POINT');
  });
});
