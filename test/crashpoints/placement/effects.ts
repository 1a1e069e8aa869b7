import ts from 'typescript';

/*
 * What counts as a side effect where it is done: a statement that writes, a transaction, a call to Temporal, a request
 * to HubSpot or to a workspace's URL, a file. All else follows from who calls whom (functions.ts).
 */

/** They run what they are given in one transaction: what is written inside stands with their commit, or not at all. */
export const TRANSACTIONS = new Set([
  'inTransaction',
  'inWorkspace',
  'inWorkspaceAlone',
  'inWorkspaceWith',
  'auditedTransaction',
  'auditedTransactionAlone',
  'inAuditedTransaction',
  'inAuditedTransactionAlone',
  'answerOnce',
  'transact', // one that the caller hands in
]);

const TEMPORAL_CALLS = new Set([
  'start',
  'signalWithStart',
  'signal',
  'cancel',
  'ensureSchedule',
  'setScheduleArgs',
  'triggerSchedule',
]);
const FILE_CALLS = /^(write|append|rename|unlink|rm|mkdir|copy)\w*$/;
const WRITES = /\b(INSERT INTO|DELETE FROM|TRUNCATE)\b|(?<!\bFOR |\bKEY |\bDO )\bUPDATE\b/;

/** Names of SQL functions that write, or call one that does; `files` are the texts of migrations/functions. */
export function writingFunctions(files: readonly string[]): ReadonlySet<string> {
  const bodies = new Map<string, string>();
  for (const text of files) {
    const bare = text.replace(/--.*$/gm, '');
    const name = /FUNCTION\s+(\w+)\s*\(/.exec(bare)?.[1];
    if (name !== undefined) bodies.set(name, bare.slice(bare.indexOf(name) + name.length));
  }
  const writing = new Set([...bodies].filter(([, body]) => WRITES.test(body)).map(([name]) => name));
  for (let before = -1; before !== writing.size;) {
    before = writing.size;
    for (const [name, body] of bodies)
      if ([...writing].some((other) => new RegExp(`\\b${other}\\s*\\(`).test(body))) writing.add(name);
  }
  return writing;
}

export function isWritingSql(sql: string, writing: ReadonlySet<string>): boolean {
  return WRITES.test(sql) || [...sql.matchAll(/\b(\w+)\s*\(/g)].some(([, name = '']) => writing.has(name));
}

export type Effect = 'write' | 'outside';

/** What a call does by itself, as it is written. `sqlOf` gives the text of an argument. */
export function effectOf(
  call: ts.CallExpression,
  { file, sqlOf, writing }: { file: string; sqlOf: (node: ts.Node) => string; writing: ReadonlySet<string> },
): Effect | undefined {
  const callee = call.expression;
  if (!ts.isPropertyAccessExpression(callee)) {
    return ts.isIdentifier(callee) &&
      FILE_CALLS.test(callee.text) &&
      /\bnode:fs\b/.test(call.getSourceFile().text)
      ? 'outside'
      : undefined;
  }
  const method = callee.name.text;
  const owner = lastName(callee.expression);
  if (method === 'query')
    return isWritingSql(call.arguments.map(sqlOf).join('\n'), writing) ? 'write' : undefined;
  if (file.startsWith('src/temporal/'))
    return owner === 'temporal' && TEMPORAL_CALLS.has(method) ? 'outside' : undefined;
  if (method === 'request' && owner === 'gateway') return 'outside';
  if (method === 'send' && owner === 'transport') return 'outside';
  if (method === 'post' && owner === 'outbound') return 'outside';
  return undefined;
}

export function lastName(node: ts.Expression): string {
  if (ts.isIdentifier(node)) return node.text;
  return ts.isPropertyAccessExpression(node) ? node.name.text : '';
}
