import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from '@jest/globals';

const SRC = path.resolve('src');

/** Where a value is no payload's, and a double or a Date may have it. */
const ALLOWED = [
  // What it parses was written from doubles a line before.
  'sdk/outbox/outbox.ts: JSON.parse',
  // HubSpot's own times, which name their zone.
  'services/outbox/lostCreate.ts: Date.parse',
  // A day, which every process reads alike.
  'services/outbox/delivery/sameValue.ts: Date.parse',
];

it('payloads of applications are read by the parsers that keep digits and days, and by no others', () => {
  const found = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && name.split(path.sep).includes('outbox'))
    .flatMap((name) => {
      const text = readFileSync(path.join(SRC, name), 'utf8').replace(/\/\*[^]*?\*\/|\/\/.*/g, '');
      return ['JSON.parse', 'Date.parse', 'parseFloat']
        .filter((parser) => text.includes(parser))
        .map((parser) => `${name}: ${parser}`);
    });
  expect(found.sort()).toEqual(ALLOWED.sort());
});
