import { Writable } from 'node:stream';
import winston from 'winston';
import type { Logger } from '../../src/platform/logger.js';

/** Has a logger write its lines, JSON objects, to here in place of a stream of the process. */
export function writtenBy(logger: Logger): () => Record<string, unknown>[] {
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  logger.clear().add(new winston.transports.Stream({ stream }));
  return () => lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}
