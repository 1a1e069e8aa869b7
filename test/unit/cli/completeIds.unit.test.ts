import { describe, expect, it } from '@jest/globals';
import { idsFrom, LISTS } from '../../../bin/completeIds.mjs';
import { commandTable } from '../../../src/cli/shell/commandTable.js';
import { OPERATIONS } from '../../../src/api/operations.js';

interface List {
  readonly path: string;
  readonly id: (item: unknown) => unknown;
  readonly about: (item: unknown) => unknown;
}

/** The first item of what this list answers, as its document has it. */
function exampleOf(path: string): unknown {
  const operation = OPERATIONS.find((one) => one.method === 'get' && one.path === path.split('?')[0]);
  const { example, examples } = operation?.answers[200] as { example?: unknown; examples?: object };
  const answer = (example ?? Object.values(examples ?? {})[0]) as {
    items?: unknown[];
    value?: { items: unknown[] };
  };
  return (answer.items ?? answer.value?.items ?? [])[0];
}

describe('completion', () => {
  it.each(Object.entries(LISTS as Record<string, List>))(
    'offers for %s what the API answers, and says what it is',
    (_, { path, id, about }) => {
      const item = exampleOf(path);
      expect(id(item)).toMatch(/./);
      expect(about(item)).toEqual(expect.not.stringMatching(/undefined|^$/));
    },
  );

  it('offers types of records where one is wanted, and types of events in the outbox alone', async () => {
    expect(await idsFrom('objectType', undefined)).toMatchObject(
      ['contacts', 'companies', 'deals', 'tickets'].map((value) => ({ value })),
    );
    const table = await commandTable();
    const taking = (wanted: string) =>
      table
        .filter(({ args, options }) =>
          [...args, ...options.map(({ value }) => value)].some((value) => value?.name === wanted),
        )
        .map(({ words }) => words);
    expect(taking('objectType')).toEqual(
      expect.arrayContaining(['sync start', 'sync show', 'records list', 'records show']),
    );
    expect(taking('type').filter((words) => !words.startsWith('outbox '))).toEqual([]);
  });
});
