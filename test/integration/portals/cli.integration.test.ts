import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { runCli } from '../../../src/cli/program.js';
import { Browser, PORTAL, startInstalls, type Installs } from './harness.js';

let hub: Installs;
let key: string;
beforeEach(async () => {
  hub = await startInstalls();
  key = await hub.api.key();
});
afterEach(() => hub.close());

async function sluice(args: string) {
  const seen = { out: '', err: '' };
  const code = await runCli(args.split(' '), {
    out: (text) => void (seen.out += text),
    err: (text) => void (seen.err += text),
    env: { SLUICE_API_URL: hub.api.url, SLUICE_API_KEY: key },
    cwd: '/',
  });
  return { code, ...seen };
}

it('takes a portal from its link to its end', async () => {
  const printed = await sluice(`portals connect ${PORTAL} --sync --valid-for 5`);
  expect(printed.err).toMatch(/^It is good for one installation, until /);
  const link = /^ {2}(http\S+)$/m.exec(printed.out)?.[1] ?? '';
  const browser = new Browser();
  const opened = await browser.begin(link);
  await browser.get(await hub.click(opened.location ?? ''));

  const shown = await sluice(`portals settings ${PORTAL}`);
  expect(shown.out).toMatch(/^state +active$/m);
  expect(shown.out).toMatch(/^connected by +an install$/m);
  expect(shown.out).toMatch(/^throttle +on$/m);
  expect(shown.out).toMatch(/^sync +on$/m);
  expect((await sluice(`portals settings ${PORTAL} --sync off --yes`)).out).toMatch(/^sync +off$/m);

  const careless = await sluice(`portals disconnect ${PORTAL}`);
  expect(careless).toMatchObject({ code: 2, out: '' });
  expect(careless.err).toContain('add --yes if it is meant');
  expect((await sluice(`portals disconnect ${PORTAL} --yes --uninstall`)).out).toContain(
    `workflow disconnect/${PORTAL}/2`,
  );
  expect((await sluice(`portals settings ${PORTAL}`)).out).toMatch(/^state +disconnecting: Begun$/m);
});

it('gives programs what the API answered', async () => {
  const { out } = await sluice('portals connect --json');
  expect(JSON.parse(out)).toMatchObject({ url: expect.stringContaining('/start/'), id: expect.any(String) });
});
