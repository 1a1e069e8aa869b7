import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type * as Playwright from 'playwright-core';
import type { Browser } from 'playwright-core';

// Its index.mjs imports ./index.js, which jest's mapping of specifiers (see jest.config.js) turns into index.mjs again.
const { chromium } = createRequire(import.meta.url)('playwright-core') as typeof Playwright;

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The file of a Chromium on this machine: the one that `CHROMIUM` names, or one on the PATH. */
export const CHROMIUM = findChromium();

/** Why a test is skipped that needs one. */
export const NO_CHROMIUM = 'no Chromium was found; CHROMIUM names its file';

export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: ARGS });
}

function findChromium(): string | undefined {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter(Boolean);
  const names = ['chromium', 'chromium-browser', 'google-chrome-stable'];
  const onPath = names.flatMap((name) => folders.map((folder) => path.join(folder, name)));
  return ['/usr/bin/chromium', ...onPath].find((file) => existsSync(file));
}
