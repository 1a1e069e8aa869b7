import { problemOfPath } from './path.js';

interface Piece {
  readonly text: string;
  readonly path?: string;
  readonly stray?: boolean;
}

/** A template as its texts and paths, in order. */
export function pieces(template: string): Piece[] {
  return [...template.matchAll(/\{\{|\}\}|\{([^{}]*)\}|[^{}]+|[{}]/g)].map(([text, path]) => {
    if (path !== undefined) return { text, path };
    if (text === '{{' || text === '}}') return { text: text.slice(1) };
    return { text, stray: text === '{' || text === '}' };
  });
}

/** What is wrong with a template, or undefined. */
export function problemOfTemplate(template: string): string | undefined {
  for (const { path, stray } of pieces(template)) {
    if (stray) return 'a brace stands alone; write {{ or }} for a brace in the text';
    const problem = path === undefined ? undefined : problemOfPath(path);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
