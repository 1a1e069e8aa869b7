import { expect, test } from '@jest/globals';
import { createLogger } from '../../../src/platform/logger.js';
import { writtenBy } from '../../support/writtenLog.js';
import { startApi } from './harness.js';

const CONFIG = { LOG_LEVEL: 'info' } as const;

test('asctime: each request begins with a line of its room, with its id and without what is no plain word', async () => {
  const logger = createLogger({ ...CONFIG, LOG_FORMAT: 'asctime' }, 'api');
  const read = writtenBy(logger);
  const api = await startApi({}, { LOG_FORMAT: 'asctime' }, logger);
  try {
    const client = await api.client();
    await client.request('GET', '/api/lanes', undefined, { 'X-Request-Id': 'r-7' });
    await client.request('GET', '/api/executions/a1b2-SECRET?key=hidden');
    await client.request('GET', '/objects/local');
    const begun = read().filter(({ message }) => String(message).startsWith('Handling '));
    expect(begun).toEqual([
      expect.objectContaining({
        ...{ name: 'app.routes.lanes', levelname: 'INFO', request_id: 'r-7' },
        message: 'Handling /api/lanes request',
      }),
      expect.objectContaining({
        ...{ name: 'app.routes.executions', message: 'Handling /api/executions/:id request' },
        request_id: expect.any(String),
      }),
      expect.objectContaining({ name: 'app.routes.objects', message: 'Handling /objects/local request' }),
    ]);
    expect(JSON.stringify(read())).not.toMatch(/SECRET|hidden/);
  } finally {
    await api.close();
  }
});

test('json: no line is written for a request that goes well', async () => {
  const logger = createLogger({ ...CONFIG, LOG_FORMAT: 'json' }, 'api');
  const read = writtenBy(logger);
  const api = await startApi({}, {}, logger);
  try {
    const client = await api.client();
    expect(await client.request('GET', '/api/lanes')).toMatchObject({ status: 200 });
    expect(read().filter(({ message }) => String(message).startsWith('Handling '))).toEqual([]);
  } finally {
    await api.close();
  }
});
