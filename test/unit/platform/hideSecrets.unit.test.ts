import { expect, it } from '@jest/globals';
import { createHideSecrets, hideInLog } from '../../../src/platform/hideSecrets.js';
import { createLogger } from '../../../src/platform/logger.js';
import { Secret } from '../../../src/platform/secret.js';
import { createSecretsInUse } from '../../../src/platform/secretsInUse.js';
import { writtenBy } from '../../support/writtenLog.js';

it('a secret is hidden whole, where another one begins as it does, and as JSON has it', () => {
  const hide = createHideSecrets([new Secret('secret-key'), new Secret('secret-key-2"\n')]);
  expect(hide('a secret-key, secret-key-2"\n.')).toBe('a [secret], [secret].');
  expect(hide(JSON.stringify({ key: 'secret-key-2"\n' }))).toBe('{"key":"[secret]"}');
});

it.each(['json', 'asctime'] as const)(
  'no line of a log (%s) has one: no word, field or error',
  (LOG_FORMAT) => {
    const logger = createLogger({ LOG_LEVEL: 'info', LOG_FORMAT }, 'test');
    const read = writtenBy(logger);
    hideInLog(logger, createHideSecrets([new Secret('sk-live-1"2')]));
    logger.warn('It is sk-live-1"2', { key: 'sk-live-1"2', error: new Error('401 for sk-live-1"2') });
    const [line] = read();
    expect(line).toMatchObject({ message: 'It is [secret]', key: '[secret]' });
    expect(line!['error']).toMatchObject({ message: '401 for [secret]' });
    expect(JSON.stringify(line)).not.toContain('sk-live');
  },
);

it('a secret that is in use is hidden until the last one who uses it is done', () => {
  const { hide, use } = createSecretsInUse();
  const both = use([new Secret('key-of-one'), new Secret('key-of-two')]);
  const one = use([new Secret('key-of-one')]);
  expect(hide('key-of-one, key-of-two')).toBe('[secret], [secret]');
  both();
  both();
  expect(hide('key-of-one, key-of-two')).toBe('[secret], key-of-two');
  one();
  expect(hide('key-of-one, key-of-two')).toBe('key-of-one, key-of-two');
});
