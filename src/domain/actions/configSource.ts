/*
 * An action is added to a `sluice.config.ts` that somebody has written, where it has the form of the one that comes
 * with Sluice. Where it has not, it stays as it is, and the lines are said.
 */

/** A config with this action and nothing else. */
export function newConfigSource(name: string, from: string): string {
  return `import { defineConfig } from 'sluice';
${importLine(name, from)}

export default defineConfig({ actions: [${name}] });
`;
}

/** The line that imports what a file exports. */
export function importLine(name: string, from: string): string {
  return `import { ${name} } from '${from}';`;
}

/** The config with the action; undefined: it is not written in a way that can be added to. */
export function withAction(source: string, name: string, from: string): string | undefined {
  const listed = addToList(source, name);
  if (listed === undefined || new RegExp(`\\b${name}\\b`).test(source)) return undefined;
  const imports = [...listed.matchAll(/^import [^;]*;[ \t]*$/gm)];
  const last = imports.at(-1);
  if (!last) return undefined;
  const end = last.index + last[0].length;
  return `${listed.slice(0, end)}\n${importLine(name, from)}${listed.slice(end)}`;
}

function addToList(source: string, name: string): string | undefined {
  const config = /^export default defineConfig\(\{/m.exec(source);
  if (!config) return undefined;
  const start = config.index + config[0].length;
  const list = /\bactions:\s*\[/.exec(source.slice(start));
  if (!list) return `${source.slice(0, start)} actions: [${name}],${source.slice(start)}`;
  const at = start + list.index + list[0].length;
  const isEmpty = /^\s*\]/.test(source.slice(at));
  return `${source.slice(0, at)}${name}${isEmpty ? '' : ', '}${source.slice(at)}`;
}
