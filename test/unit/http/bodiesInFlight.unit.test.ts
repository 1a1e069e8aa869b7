import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { describe, expect, it, jest } from '@jest/globals';
import { createBodiesInFlight } from '../../../src/api/http/bodiesInFlight.js';

function setUp(maxBytes: number, deadlineMs = 60_000) {
  const bodies = createBodiesInFlight({ maxBytes, deadlineMs });
  const givenUp: string[] = [];
  const body = (owner: string, name: string) => {
    const request = new EventEmitter();
    const { done } = bodies.watch(
      request as unknown as IncomingMessage,
      owner,
      (why) => void givenUp.push(`${name} ${why}`),
    );
    return {
      send: (bytes: number) => void request.emit('data', Buffer.alloc(bytes)),
      end: () => void request.emit('end'),
      done,
    };
  };
  return { body, givenUp };
}

describe('the bodies in flight', () => {
  it('have a ceiling; who holds most gives up, and who sends little gets through', () => {
    const { body, givenUp } = setUp(1000);
    const slow = [1, 2, 3].map((n) => body('stranger', `slow ${n}`));
    slow.forEach((one, n) => one.send(300 + n));
    const small = body('hubspot', 'small');
    small.send(100);
    expect(givenUp).toEqual(['slow 3 no_room']);
    small.send(150);
    expect(givenUp).toEqual(['slow 3 no_room']);
    slow[0]!.send(200);
    expect(givenUp).toEqual(['slow 3 no_room', 'slow 1 no_room']);
  });

  it('count until they are dealt with, and not a byte longer', () => {
    const { body, givenUp } = setUp(1000);
    for (let n = 0; n < 50; n += 1) {
      const one = body('a', String(n));
      one.send(900);
      one.end();
      one.done();
      one.done();
    }
    expect(givenUp).toEqual([]);
  });

  it('that have arrived count while they are dealt with, and those that still arrive give way to them', () => {
    const { body, givenUp } = setUp(1000);
    const large = body('a', 'large');
    large.send(800);
    large.end();
    const late = body('b', 'late');
    late.send(300);
    expect(givenUp).toEqual(['late no_room']);
    body('c', 'small').send(150);
    body('d', 'small, too').send(100);
    expect(givenUp).toEqual(['late no_room', 'small no_room']);
    large.done();
    body('e', 'next').send(800);
    expect(givenUp).toHaveLength(2);
  });

  it('are given up when they take too long to arrive, and not for what comes after', () => {
    jest.useFakeTimers();
    try {
      const { body, givenUp } = setUp(1000, 15_000);
      const slow = body('a', 'slow');
      const quick = body('b', 'quick');
      quick.send(10);
      quick.end();
      jest.advanceTimersByTime(14_000);
      slow.send(1);
      jest.advanceTimersByTime(2000);
      expect(givenUp).toEqual(['slow late']);
    } finally {
      jest.useRealTimers();
    }
  });
});
