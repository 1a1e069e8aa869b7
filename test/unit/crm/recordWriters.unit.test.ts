import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';

const FOLDER = 'migrations/functions';
const functions = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.sql'))
  .map((name) => ({
    name: path.basename(name, '.sql'),
    text: readFileSync(path.join(FOLDER, name), 'utf8').replace(/--.*$/gm, ''),
  }));
const those = (pattern: RegExp) => functions.filter(({ text }) => pattern.test(text));

/** Writers that keep no values themselves, and why. */
const LEFT_TO_OTHERS: Readonly<Record<string, string>> = {
  crm_merge_records: 'crm_write_records is called with the same page in the same transaction',
  crm_archive_records: 'it changes no value',
};
/** Those that remove records and not what is kept beside them, and why. */
const REMOVED_BY_OTHERS: Readonly<Record<string, string>> = {
  crm_erase: 'src/db/crm/personalData.ts says of each table how what it holds of a record is erased',
  forget_mirrors: 'it removes the rows of each table of the mirror',
};

describe('a function', () => {
  it('that writes values of records keeps those of declared properties in the same transaction', () => {
    const writers = those(/(INSERT INTO|UPDATE) crm_records\b/);
    expect(writers.length).toBeGreaterThan(2);
    expect(
      writers
        .filter(({ name, text }) => !text.includes('crm_keep_values(') && !(name in LEFT_TO_OTHERS))
        .map(({ name }) => name),
    ).toEqual([]);
    for (const name of Object.keys(LEFT_TO_OTHERS)) expect(writers.map((one) => one.name)).toContain(name);
  });

  it('that removes records removes what is kept beside them to find them by', () => {
    const removers = those(/DELETE FROM crm_records\b|'crm_records'/);
    expect(removers.length).toBeGreaterThan(1);
    expect(
      removers
        .filter(({ name, text }) => !text.includes('crm_forget_values(') && !(name in REMOVED_BY_OTHERS))
        .map(({ name }) => name),
    ).toEqual([]);
  });
});
