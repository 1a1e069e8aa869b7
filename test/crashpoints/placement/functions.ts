import ts from 'typescript';

/*
 * The functions of the sources, and which of them a call may mean. Names decide, as people read them: a function of the
 * same file, then an import, then whatever in src has that name as a method or is made by `create<Name>`.
 */

export interface Fn {
  readonly file: string;
  /** The name by which it is called; '' for one that is handed on at once. */
  readonly name: string;
  readonly node: ts.FunctionLikeDeclaration;
  /** A method of an object or a class, which others call by its name alone. */
  readonly isMember: boolean;
  /** What it is a method of, as its maker or its class is called: `pool` for those that `createPool` makes. */
  readonly of: string;
}

export interface Sources {
  readonly functions: readonly Fn[];
  /** Functions of this file by name. */
  local(file: string, name: string): readonly Fn[];
  /** What a name means in a file: its own functions, those it imports, else those that may be handed in. */
  named(file: string, name: string): readonly Fn[];
  /** What `owner.name()` may mean. */
  members(name: string, owner: string): readonly Fn[];
  /** The text of a constant of this file. */
  constant(file: string, name: string): string | undefined;
}

export type FunctionNode =
  ts.FunctionDeclaration | ts.ArrowFunction | ts.FunctionExpression | ts.MethodDeclaration;

export function isFunction(node: ts.Node): node is FunctionNode {
  return (
    ts.isFunctionDeclaration(node) ||
    ts.isArrowFunction(node) ||
    ts.isFunctionExpression(node) ||
    ts.isMethodDeclaration(node)
  );
}

export function readSources(
  files: ReadonlyMap<string, string>,
  { aliases = {} }: { aliases?: Readonly<Record<string, string>> } = {},
): Sources {
  const functions: Fn[] = [];
  const imports = new Map<string, { file: string; name: string }>();
  const constants = new Map<string, string>();

  for (const [file, text] of files) {
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true);
    const visit = (node: ts.Node): void => {
      if (ts.isImportDeclaration(node)) noteImports(file, node);
      if (ts.isVariableDeclaration(node) && node.initializer && ts.isIdentifier(node.name))
        constants.set(`${file}#${node.name.text}`, node.initializer.getText());
      if (isFunction(node) && node.body) functions.push({ file, node, of: makerOf(node), ...nameOf(node) });
      ts.forEachChild(node, visit);
    };
    visit(source);
  }

  function noteImports(file: string, { moduleSpecifier, importClause }: ts.ImportDeclaration): void {
    const bindings = importClause?.namedBindings;
    if (!bindings || !ts.isNamedImports(bindings) || !ts.isStringLiteral(moduleSpecifier)) return;
    if (!moduleSpecifier.text.startsWith('.')) return;
    const from = new URL(moduleSpecifier.text, `file:///${file}`).pathname.slice(1).replace(/\.js$/, '.ts');
    for (const { name, propertyName } of bindings.elements)
      imports.set(`${file}#${name.text}`, { file: from, name: (propertyName ?? name).text });
  }

  const byPlace = groupBy(functions, ({ file, name }) => `${file}#${name}`);
  const byMember = groupBy(
    functions.filter(({ isMember }) => isMember),
    ({ name }) => name,
  );
  // What `createFoo` returns is handed in as `foo`.
  for (const made of functions.filter(({ name }) => MAKES.test(name)))
    for (const returned of returnedFunctions(made.node)) {
      const name = madeBy(made.name);
      const fn = functions.find(({ node }) => node === returned);
      if (fn) byMember.set(name, [...(byMember.get(name) ?? []), fn]);
    }
  const local = (file: string, name: string) => byPlace.get(`${file}#${name}`) ?? [];
  const handedIn = (name: string) => byMember.get(aliases[name] ?? name) ?? [];
  const members = (name: string, owner: string) => handedIn(name).filter(({ of }) => isOwner(owner, of));
  return {
    functions,
    local,
    members,
    named(file, name) {
      const own = local(file, name).filter(({ isMember }) => !isMember);
      if (own.length > 0) return own;
      const imported = imports.get(`${file}#${name}`);
      if (imported) return local(imported.file, imported.name);
      return handedIn(name);
    },
    constant: (file, name) => constants.get(`${file}#${name}`),
  };
}

function nameOf(node: FunctionNode): { name: string; isMember: boolean } {
  if (ts.isMethodDeclaration(node)) return { name: node.name.getText(), isMember: true };
  if (ts.isFunctionDeclaration(node)) return { name: node.name?.text ?? '', isMember: false };
  const { parent } = node;
  if (ts.isVariableDeclaration(parent) && ts.isIdentifier(parent.name))
    return { name: parent.name.text, isMember: false };
  if (ts.isPropertyAssignment(parent)) return { name: parent.name.getText(), isMember: true };
  return { name: '', isMember: false };
}

function makerOf(node: ts.Node): string {
  for (let one = node.parent; one; one = one.parent) {
    const name = isFunction(one) ? nameOf(one).name : '';
    if (MAKES.test(name)) return madeBy(name);
    // Handed in to what another one makes.
    if (ts.isCallExpression(one) && MAKES.test(one.expression.getText()))
      return madeBy(one.expression.getText());
    if (ts.isClassDeclaration(one)) return one.name?.text ?? '';
  }
  return '';
}

/** Those that are handed in together, and Temporal, which has a starter for each room. */
const MANY = ['deps', 'core'];

/** `locks` may be what `createTokenLocks` makes, and `throttle` what `createThrottleControl` does. */
function isOwner(owner: string, of: string): boolean {
  if (owner === 'temporal') return of.endsWith('Starter') || of === '';
  const one = owner.toLowerCase().replace(/s$/, ''); // `grants.store` of `createKeepGrant`
  return MANY.includes(owner) || (one !== '' && of.toLowerCase().includes(one));
}

const MAKES = /^(create|open)[A-Z]/;

function madeBy(name: string): string {
  const made = name.replace(/^(create|open)/, '');
  return made.charAt(0).toLowerCase() + made.slice(1);
}

function returnedFunctions({ body }: ts.FunctionLikeDeclaration): ts.Node[] {
  if (!body || !ts.isBlock(body)) return body && isFunction(body) ? [body] : [];
  return body.statements.flatMap((one): ts.Node[] => {
    if (!ts.isReturnStatement(one) || !one.expression) return [];
    if (isFunction(one.expression)) return [one.expression];
    const name = ts.isIdentifier(one.expression) ? one.expression.text : undefined;
    return body.statements.filter((other) => ts.isFunctionDeclaration(other) && other.name?.text === name);
  });
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}
