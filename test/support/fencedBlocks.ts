import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './process.js';

/** A fenced block of a document. */
export interface FencedBlock {
  /** Its document and its first line: `docs/connecting.md:60`. */
  readonly at: string;
  readonly file: string;
  /** The words after the fence: the language, and `follow` where it is a step of a way. */
  readonly info: readonly string[];
  readonly text: string;
  /** The heading above it, without its number signs. */
  readonly heading: string;
  /** Why it is not run here: what the comment `<!-- not run: … -->` before it says. */
  readonly notRun: string | undefined;
}

/** The fenced blocks of a document, in their order. */
export function fencedBlocks(file: string): FencedBlock[] {
  const lines = readFileSync(path.join(ROOT, file), 'utf8').split('\n');
  const blocks: FencedBlock[] = [];
  let heading = '';
  let notRun: string | undefined;
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    const fence = /^( *)```(.*)$/.exec(line);
    if (!fence) {
      heading = /^#+ (.+)$/.exec(line)?.[1] ?? heading;
      // The comment holds for the next block, over an empty line.
      if (line.trim() !== '') notRun = /^<!-- not run: (.+) -->$/.exec(line.trim())?.[1];
      continue;
    }
    const [, indent = '', info = ''] = fence;
    const end = lines.findIndex((one, index) => index > at && one.trim() === '```');
    if (end < 0) throw new Error(`${file}:${at + 1}: the block has no end`);
    const text = lines.slice(at + 1, end).map((one) => one.slice(indent.length));
    blocks.push({
      ...{ at: `${file}:${at + 1}`, file, heading, notRun },
      info: info.split(' ').filter((word) => word !== ''),
      text: text.join('\n'),
    });
    notRun = undefined;
    at = end;
  }
  return blocks;
}

/**
 * The commands of a block of shell, one by one: a line each, but for lines that go on after a backslash and loops.
 * Comments at the end of a line are left away.
 */
export function commandsOf(text: string): string[] {
  const commands: string[] = [];
  let open = '';
  for (const line of text.split('\n')) {
    const words = line.replace(/\s+#.*$/, '').trimEnd();
    if (words === '' || words.startsWith('#')) continue;
    open = open === '' ? words : `${open}\n${words}`;
    const loops = open.match(/^\s*(?:for|while) /gm)?.length ?? 0;
    const ends = open.match(/^\s*done\b/gm)?.length ?? 0;
    if (words.endsWith('\\') || ends < loops) continue;
    commands.push(open);
    open = '';
  }
  if (open !== '') throw new Error(`This does not end: ${open}`);
  return commands;
}
