import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { runCli } from '../../../src/cli/program.js';
import { watch, type Said, type Screen } from '../../../src/cli/watch.js';
import { until } from '../../support/until.js';

const KEY = `slc_test_${'a'.repeat(43)}`;

let server: Server;
let url: string;
let fails = false;
let asked = 0;
beforeAll(async () => {
  server = createServer((_request, response) => {
    asked += 1;
    const [status, type, body] = fails
      ? [
          503,
          'application/problem+json',
          { type: 'urn:sluice:unavailable', title: 'x', detail: 'No database', status: 503 },
        ]
      : [200, 'application/json', { items: [], next: null }];
    response.writeHead(status, { 'content-type': type });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
  fails = false;
  asked = 0;
});

const screenOf = (write: Screen['write'], ended: AbortSignal): Screen => ({
  ...{ write, ended, rows: 24, columns: 80 },
  onResize: () => undefined,
});

function start(args: string, { terminal = true } = {}) {
  const seen = { drawn: '', out: '', err: '' };
  const interrupt = new AbortController();
  const ended = runCli(args.split(' '), {
    out: (text) => void (seen.out += text),
    err: (text) => void (seen.err += text),
    env: { SLUICE_API_URL: url, SLUICE_API_KEY: KEY },
    cwd: '/',
    screen: terminal ? () => screenOf((text) => void (seen.drawn += text), interrupt.signal) : undefined,
  });
  return { seen, ended, interrupt: () => interrupt.abort() };
}

describe('--watch', () => {
  it('shows a list again and again in place, goes on over a failure, says so, and ends with Ctrl-C', async () => {
    const { seen, ended, interrupt } = start('lanes list --watch 1');
    await until('it asks again', () => asked >= 2, 10_000);
    expect(seen.drawn).toContain('\u001B[Knone\n');
    fails = true;
    await until(
      'it says that it failed',
      () => seen.drawn.includes('Failed, and tried again: No database'),
      10_000,
    );
    const failed = seen.drawn.slice(seen.drawn.lastIndexOf('Failed'));
    expect(failed).toContain('none'); // what was shown last stays
    fails = false;
    const before = asked;
    await until('it asks once more', () => asked > before, 10_000);
    interrupt();
    expect(await ended).toBe(0);
    expect(seen.drawn.endsWith('\u001B[?25h\n')).toBe(true);
    expect(seen.out).toBe('');
  }, 20_000);

  it('ends while a request is under way', async () => {
    const interrupt = new AbortController();
    const never = new Promise<Said>(() => undefined);
    const ended = watch(
      screenOf(() => undefined, interrupt.signal),
      2,
      () => never,
    );
    interrupt.abort();
    expect(await ended).toBe(0);
  });

  it('shows as many lines as the terminal has, and how many there are beyond', async () => {
    const interrupt = new AbortController();
    let drawn = '';
    const out = Array.from({ length: 40 }, (_line, n) => `line ${n}`).join('\n');
    const ended = watch(
      { ...screenOf((text) => void (drawn += text), interrupt.signal), rows: 10 },
      1,
      async () => ({ code: 0, out, err: '' }),
    );
    await until('it is cut', () => drawn.includes('lines more'), 5000);
    interrupt.abort();
    await ended;
    const page = drawn.slice(drawn.indexOf('Every'), drawn.indexOf('lines more'));
    expect(page.split('\n').length).toBe(9);
    expect(page).toContain('… 34 ');
  });

  it('breaks no line: what the terminal has no columns for is cut, and drawn anew at once when it has others', async () => {
    const interrupt = new AbortController();
    const terminal = { rows: 10, columns: 20, resize: () => {} };
    let drawn = '';
    const screen: Screen = {
      ...{ write: (text) => void (drawn += text), ended: interrupt.signal },
      onResize: (redraw) => void (terminal.resize = redraw),
      get rows() {
        return terminal.rows;
      },
      get columns() {
        return terminal.columns;
      },
    };
    const out = Array.from({ length: 40 }, () => '0123456789'.repeat(10)).join('\n');
    const lines = () =>
      drawn
        .slice(drawn.lastIndexOf('\u001B[H') + 3)
        // eslint-disable-next-line no-control-regex
        .replaceAll(/\u001B\[\??\d*[A-Za-z]/g, '')
        .trimEnd()
        .split('\n');
    const ended = watch(screen, 3600, async () => ({ code: 0, out, err: '' }));
    await until('it is drawn', () => drawn.includes('lines more'), 5000);
    expect([lines().length, new Set(lines().map(({ length }) => length <= 20))]).toEqual([
      9,
      new Set([true]),
    ]);
    expect(lines()[3]).toBe('0123456789012345678…');
    Object.assign(terminal, { rows: 20, columns: 50 });
    terminal.resize();
    expect([lines().length, lines()[3]]).toEqual([19, `${'0123456789'.repeat(4)}012345678…`]);
    interrupt.abort();
    await ended;
    expect(drawn.endsWith('\u001B[?7h\u001B[?25h\n')).toBe(true);
  });

  it.each([
    ['lanes list --watch', false, /draws in place on a terminal, and this is none: leave it out/],
    ['lanes list --watch --json', true, /draws a page for a person: leave --json out/],
    ['lanes list --watch 0', true, /a number of seconds, from 1 to 3600/],
    ['lanes list --watch=often', true, /a number of seconds, from 1 to 3600/],
    ['lanes list --watch --nothing', true, /unknown option/],
    ['lanes show 7 --watch', true, /unknown option '--watch'/],
    ['outbox mappings invoice_paid --delete --watch', true, /unknown option '--watch'/],
  ])('is refused in words, before anything is asked: %s', async (args, terminal, words) => {
    const { seen, ended } = start(args, { terminal });
    expect(await ended).toBe(2);
    expect(seen.err + seen.drawn).toMatch(words);
    expect(asked).toBe(0);
  });
});
