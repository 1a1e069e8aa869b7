import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { WITHOUT_TRANSACTION } from '../../../src/db/tableMigrations.js';

const FOLDER = path.resolve(import.meta.dirname, '../../../migrations');
/** Nobody had a table with rows before it. */
const FIRST_BESIDE_TRAFFIC = '0005';

const files = readdirSync(FOLDER)
  .filter((name) => /^\d{4}_\w+\.sql$/.test(name) && name >= FIRST_BESIDE_TRAFFIC)
  .map((name) => ({ name, text: readFileSync(path.join(FOLDER, name), 'utf8') }));

const namesIn = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, name]) => name);

describe('a migration of the tables', () => {
  it('builds no index of a table with rows while others wait: concurrently, without a transaction', () => {
    const blocking = files.flatMap(({ name, text }) => {
      const made = namesIn(text, /CREATE TABLE "(\w+)"/g);
      return namesIn(text, /CREATE (?:UNIQUE )?INDEX "\w+" ON "(\w+)"/g)
        .filter((table) => !made.includes(table))
        .map((table) => `${name}: ${table}`);
    });
    expect(blocking).toEqual([]);
  });

  it('says in its first line that it runs without a transaction, and has nothing but indexes then', () => {
    for (const { name, text } of files) {
      const alone = text.startsWith(`${WITHOUT_TRANSACTION}\n`);
      expect({ name, alone: alone || !text.includes('CONCURRENTLY') }).toEqual({ name, alone: true });
      if (!alone) continue;
      const others = text
        .split('--> statement-breakpoint')
        .map((statement) => statement.replace(/^--.*$/gm, '').trim())
        .filter((statement) => !/^(CREATE (UNIQUE )?INDEX|DROP INDEX) CONCURRENTLY /.test(statement));
      expect({ name, others }).toEqual({ name, others: [] });
    }
  });
});

describe('the schema of functions', () => {
  it('has no function that turns sequential scans off and leaves bitmap scans on', () => {
    const folder = path.join(FOLDER, 'functions');
    const functions = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.sql'),
    );
    const half = functions.filter((name) => {
      const text = readFileSync(path.join(folder, name), 'utf8');
      return /SET enable_seqscan = off/i.test(text) !== /SET enable_bitmapscan = off/i.test(text);
    });
    expect(functions.length).toBeGreaterThan(100);
    expect(half).toEqual([]);
  });
});
