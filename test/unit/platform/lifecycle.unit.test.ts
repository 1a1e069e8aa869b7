import { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { createLifecycle } from '../../../src/platform/lifecycle.js';
import { createLogger } from '../../../src/platform/logger.js';

const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');

function start(deadlineMs = 1000) {
  const signals = new EventEmitter();
  let ended: (code: number) => void = () => undefined;
  const exited = new Promise<number>((resolve) => (ended = resolve));
  const lifecycle = createLifecycle({ logger, deadlineMs, signals, exit: ended });
  return { lifecycle, signals, exited };
}

describe('the end of a process', () => {
  it.each(['SIGTERM', 'SIGINT'])(
    'on %s turns readiness red, stops in reverse order, and exits with 0',
    async (signal) => {
      const { lifecycle, signals, exited } = start();
      const order: string[] = [];
      lifecycle.onStop('pool', () => order.push('pool'));
      lifecycle.onStop('server', async () => {
        expect([lifecycle.isReady, lifecycle.stopping]).toEqual([false, true]);
        await Promise.resolve();
        order.push('server');
      });
      expect(lifecycle.isReady).toBe(false);
      lifecycle.ready();
      expect(lifecycle.isReady).toBe(true);

      signals.emit(signal);
      expect(await exited).toBe(0);
      expect(order).toEqual(['server', 'pool']);
      lifecycle.ready();
      expect(lifecycle.isReady).toBe(false);
    },
  );

  it('goes on past a step that fails, and exits with 1', async () => {
    const { lifecycle, signals, exited } = start();
    let poolEnded = false;
    lifecycle.onStop('pool', () => (poolEnded = true));
    lifecycle.onStop('server', () => Promise.reject(new Error('no')));
    signals.emit('SIGTERM');
    expect(await exited).toBe(1);
    expect(poolEnded).toBe(true);
  });

  it('does not wait for a step beyond the deadline', async () => {
    const { lifecycle, signals, exited } = start(20);
    lifecycle.onStop('hangs', () => new Promise(() => undefined));
    signals.emit('SIGTERM');
    expect(await exited).toBe(1);
  });

  it('is at once on a second signal', async () => {
    const { lifecycle, signals, exited } = start(60_000);
    let endHang: () => void = () => undefined;
    lifecycle.onStop('hangs', () => new Promise<void>((resolve) => (endHang = resolve)));
    signals.emit('SIGINT');
    signals.emit('SIGINT');
    expect(await exited).toBe(1);
    endHang();
  });
});
