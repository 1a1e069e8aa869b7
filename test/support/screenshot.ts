import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { readCommandLine } from '../../scripts/lib/commandLine.mjs';
import { CHROMIUM, launchChromium } from './chromium.js';
import { until } from './until.js';

readCommandLine({
  usage: `npm run screenshot

Starts the demo (\`npm start\`), and takes README's picture of the sandbox's page while half of the records wait.
It needs a Chromium, and that no demo runs in this folder.`,
});

const ROOT = path.resolve(import.meta.dirname, '../..');
const FILE = path.join(ROOT, 'docs/images/sandbox.png');
const HALF = 150;

if (CHROMIUM === undefined) throw new Error('No Chromium on this machine: set CHROMIUM to its file');
const demo = spawn(process.execPath, ['scripts/start.mjs'], {
  cwd: ROOT,
  stdio: ['ignore', 'pipe', 'inherit'],
});
const ended = new Promise((resolve) => demo.once('exit', resolve));
const endedEarly = ended.then(() => Promise.reject(new Error('The demo ended before its picture was taken')));
let said = '';
demo.stdout.on('data', (part: Buffer) => {
  said += part.toString();
  process.stdout.write(part);
});

try {
  await Promise.race([takePicture(CHROMIUM), endedEarly]);
} finally {
  demo.kill('SIGINT');
  await ended;
}

async function takePicture(executable: string): Promise<void> {
  const url = await until('the sandbox runs', () => /Sandbox: (http:\S+)/.exec(said)?.[1], 300_000, 500);
  await until('half of the records are released', async () => (await completed(url)) >= HALF, 300_000, 200);
  const browser = await launchChromium(executable);
  try {
    const page = await browser.newPage({ viewport: { width: 1000, height: 680 }, colorScheme: 'light' });
    await page.goto(url);
    await page.getByRole('img', { name: /completed, .*waiting/ }).waitFor();
    mkdirSync(path.dirname(FILE), { recursive: true });
    await page.screenshot({ path: FILE });
  } finally {
    await browser.close();
  }
}

async function completed(url: string): Promise<number> {
  const answer = await fetch(new URL('/_sandbox/report?windowMs=5000', url));
  const { totals } = (await answer.json()) as { totals: { completed: number } };
  return totals.completed;
}
