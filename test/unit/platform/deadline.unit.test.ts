import { describe, expect, it } from '@jest/globals';
import { withDeadline } from '../../../src/platform/deadline.js';

const late = () => new Error('late');

describe('a deadline', () => {
  it('gives what the work gives when that comes in time', async () => {
    await expect(withDeadline(Promise.resolve(1), 1000, late)).resolves.toBe(1);
    await expect(withDeadline(Promise.reject(new Error('broken')), 1000, late)).rejects.toThrow('broken');
  });

  it('rejects with its own error when the work does not end, and hears nothing of a failure after it', async () => {
    let fail: (error: Error) => void = () => undefined;
    const work = new Promise<never>((_, reject) => (fail = reject));
    await expect(withDeadline(work, 1, late)).rejects.toThrow('late');
    fail(new Error('afterwards'));
    await expect(work).rejects.toThrow('afterwards');
  });
});
