import { expect, it } from '@jest/globals';
import { createClosing } from '../../../src/temporal/closing.js';

it('ends a call that is tried again while the connection is closed, in place of an error that nobody catches', () => {
  const { interceptors, begin } = createClosing();
  const [, last] = interceptors;
  const closed = () => {
    throw new Error('Channel has been shut down');
  };
  expect(() => last!({} as never, closed)).toThrow('Channel');
  begin();
  const told: unknown[] = [];
  const call = last!({} as never, closed);
  call.start({} as never, { onReceiveStatus: (status) => void told.push(status) });
  call.sendMessage({});
  call.halfClose();
  expect(told).toEqual([{ code: 1, details: 'The connection is closed', metadata: {} }]);
});
