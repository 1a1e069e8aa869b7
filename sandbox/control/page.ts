import { readFile } from 'node:fs/promises';
import type { Answer } from '../platform/answer.js';

const ASSETS = {
  '/': ['index.html', 'text/html;charset=utf-8'],
  '/assets/page.css': ['page.css', 'text/css;charset=utf-8'],
  '/assets/icon.svg': ['icon.svg', 'image/svg+xml'],
  '/assets/editor.js': ['editor.js', 'text/javascript;charset=utf-8'],
  '/assets/install.js': ['install.js', 'text/javascript;charset=utf-8'],
  '/assets/page.js': ['page.js', 'text/javascript;charset=utf-8'],
} as const;

const HEADERS = {
  'content-security-policy':
    "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-cache',
};

/** Serves the files of the page from memory. */
export async function createPage(): Promise<(path: string) => Answer | undefined> {
  const answers = new Map<string, Answer>();
  for (const [path, [file, type]] of Object.entries(ASSETS)) {
    const body = await readFile(new URL(`../page/${file}`, import.meta.url), 'utf8');
    answers.set(path, { status: 200, headers: { ...HEADERS, 'content-type': type }, body });
  }
  return (path) => answers.get(path);
}
