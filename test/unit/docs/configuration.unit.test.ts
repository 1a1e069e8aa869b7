import { describe, expect, it } from '@jest/globals';
import { environmentSchema } from '../../../src/platform/config/config.js';
import { describeRate } from '../../../src/domain/throttle/rate.js';
import { read } from './documents.js';

/** Variable → default, as the tables of docs/configuration.md have them. */
function documented(): Map<string, string> {
  const rows = read('docs/configuration.md').matchAll(/^\| `([A-Z_]+)` \| (`[^`]+`|required|none) \|/gm);
  return new Map([...rows].map(([, name = '', value = '']) => [name, value.replaceAll('`', '')]));
}

/** What the schema gives when the variable is not set. */
function defaultOf(name: keyof typeof environmentSchema.shape): string {
  const parsed = environmentSchema.shape[name].safeParse(undefined);
  if (!parsed.success) return 'required';
  if (parsed.data === undefined || ['{}', '[]'].includes(JSON.stringify(parsed.data))) return 'none';
  return typeof parsed.data === 'object' ? JSON.stringify(parsed.data) : String(parsed.data);
}

describe('docs/configuration.md', () => {
  const page = documented();
  const names = Object.keys(environmentSchema.shape) as (keyof typeof environmentSchema.shape)[];

  it('has every variable of the configuration, and no other in its tables', () => {
    expect([...page.keys()].sort()).toEqual([...names].sort());
  });

  it.each(
    names.filter(
      (name) =>
        !['PUBLIC_URL', 'DATABASE_WORKER_URL', 'DATABASE_ADMIN_URL', 'THROTTLE_DEFAULT_RATE'].includes(name),
    ),
  )('tells the default of %s', (name) => {
    expect(page.get(name)).toBe(defaultOf(name));
  });

  it('tells the default rate, in a form that the configuration reads', () => {
    const schema = environmentSchema.shape.THROTTLE_DEFAULT_RATE;
    expect(describeRate(schema.parse(page.get('THROTTLE_DEFAULT_RATE')))).toBe(
      describeRate(schema.parse(undefined)),
    );
  });

  it('tells what is derived from another variable', () => {
    expect(page.get('PUBLIC_URL')).toBe('http://localhost:PORT');
    expect(page.get('DATABASE_ADMIN_URL')).toBe('DATABASE_URL');
  });
});
