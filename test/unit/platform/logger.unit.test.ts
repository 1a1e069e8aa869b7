import { describe, expect, it } from '@jest/globals';
import { createLogger, withLogContext } from '../../../src/platform/logger.js';
import { writtenBy } from '../../support/writtenLog.js';

const AS_PYTHON = { LOG_LEVEL: 'info', LOG_FORMAT: 'asctime' } as const;

describe('LOG_FORMAT=asctime', () => {
  it('has the fields and the time of Python, the room of the request as its name, and other fields in snake case', () => {
    const logger = createLogger(AS_PYTHON, 'api');
    const read = writtenBy(logger);
    const before = new Date();
    withLogContext({ requestId: 'r-1', room: 'crm', portalId: 62515 }, () =>
      logger.warn('Late', { afterMs: 12 }),
    );
    const [line] = read();
    expect(Object.keys(line!).slice(0, 4)).toEqual(['asctime', 'name', 'levelname', 'message']);
    expect(line).toMatchObject({ name: 'app.routes.crm', levelname: 'WARNING', message: 'Late' });
    expect(line).toMatchObject({ request_id: 'r-1', portal_id: 62515, after_ms: 12 });
    expect(line!.asctime).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}$/);
    const said = new Date(String(line!.asctime).replace(' ', 'T').replace(',', '.')).getTime();
    expect(said).toBeGreaterThanOrEqual(before.getTime());
    expect(said).toBeLessThanOrEqual(Date.now());
  });

  it('names the service where no request is handled, and unfolds errors', () => {
    const logger = createLogger(AS_PYTHON, 'worker');
    const read = writtenBy(logger);
    logger.error('Failed', { error: new TypeError('No') });
    expect(read()).toEqual([
      expect.objectContaining({
        ...{ name: 'app.worker', levelname: 'ERROR', message: 'Failed' },
        error: expect.objectContaining({ name: 'TypeError', message: 'No' }),
      }),
    ]);
  });
});

describe('LOG_STREAM', () => {
  it.each([
    ['stdout', false],
    ['stderr', true],
  ] as const)('%s writes all levels there', (LOG_STREAM, isError) => {
    const [transport] = createLogger({ ...AS_PYTHON, LOG_STREAM }, 'api').transports;
    const { stderrLevels } = transport as unknown as { stderrLevels: Record<string, boolean> };
    for (const level of ['error', 'warn', 'info', 'debug'])
      expect(stderrLevels[level] ?? false).toBe(isError);
  });
});
