import ts from 'typescript';
import { effectOf, lastName, TRANSACTIONS } from './effects.js';
import { isFunction, type Fn, type FunctionNode, type Sources } from './functions.js';

/** Two side effects, one after the other, without a crash point between them. */
export interface Gap {
  readonly file: string;
  readonly function: string;
  readonly after: string;
  readonly before: string;
  readonly line: number;
}

/** The side effect that may have been the last one; ENTRY: what its caller has done before. */
type Last = string;
const ENTRY: Last = '';
/** Undefined: nothing comes here. */
type State = ReadonlySet<Last> | undefined;

/** What a call of a function does to the side effects around it. */
interface Summary {
  /** It comes to a side effect before any crash point. */
  readonly entry: boolean;
  /** It may end without either. */
  readonly through: boolean;
  /** It may end with a side effect behind its last crash point. */
  readonly exit: boolean;
}
const NOTHING: Summary = { entry: false, through: true, exit: false };
const EFFECT: Summary = { entry: true, through: false, exit: true };
const LABEL: Summary = { entry: false, through: false, exit: false };

const MAX_ROUNDS = 30;

/**
 * Follows each function statement by statement, both ways at each fork, twice through each loop, and into what it
 * calls.
 *
 * Its limits. Calls are told by names, not by types (functions.ts): what is called by a name that says nothing of it is
 * not seen, and what has the name of something else is taken for that. A transaction counts as one side effect, at its
 * end. Two are not one after the other where the first one failed, or answered nothing and the code asks for that. What
 * runs side by side counts as one after the other. That an activity or a request ends behind its last side effect is
 * not one of two here; the loads have labels at such places all the same.
 */
export function findGaps(sources: Sources, writing: ReadonlySet<string>): Gap[] {
  const summaries = { own: new Map<Fn, Summary>(), inside: new Map<Fn, Summary>() };
  for (let round = 0; ; round += 1) {
    if (round === MAX_ROUNDS) throw new Error('What the functions do to one another does not settle');
    let changed = false;
    const gaps: Gap[] = [];
    for (const fn of sources.functions)
      for (const mode of ['own', 'inside'] as const) {
        const walk = new Walk(sources, writing, summaries, fn, mode);
        const before = summaries[mode].get(fn) ?? NOTHING;
        const after = TRANSACTIONS.has(fn.name) ? before : walk.summary();
        if (JSON.stringify(before) !== JSON.stringify(after)) {
          summaries[mode].set(fn, after);
          changed = true;
        }
        if (mode === modeOf(fn)) gaps.push(...walk.gaps);
      }
    if (!changed) return unique(gaps);
  }
}

/** Whoever is given a client works inside of a transaction; what runs in one by itself is followed where it begins. */
function modeOf({ node }: Fn): Mode {
  const { parent } = node;
  const isHandedToOne =
    ts.isCallExpression(parent) &&
    ts.isIdentifier(parent.expression) &&
    TRANSACTIONS.has(parent.expression.text);
  const hasClient = node.parameters.some(({ name }) => ts.isIdentifier(name) && name.text === 'client');
  return isHandedToOne || hasClient ? 'inside' : 'own';
}

/** `inside`: in a transaction of the caller's, where what is written counts with the commit. */
type Mode = 'own' | 'inside';
type Summaries = Readonly<Record<Mode, ReadonlyMap<Fn, Summary>>>;

class Walk {
  readonly gaps: Gap[] = [];
  private entry = false;
  private ended: State;
  /** For each `try` that is under way: what may be done when something throws. */
  private readonly thrown: State[] = [];
  /** By the name of a variable: the call whose answer it has. */
  private readonly answers = new Map<string, string>();
  private readonly jumps: { breaks: State; continues: State }[] = [];
  private mode: Mode;

  constructor(
    private readonly sources: Sources,
    private readonly writing: ReadonlySet<string>,
    private readonly summaries: Summaries,
    private readonly fn: Fn,
    mode: Mode,
  ) {
    this.mode = mode;
  }

  summary(): Summary {
    const end = join(this.visit(this.fn.node.body!, new Set([ENTRY])), this.ended) ?? new Set();
    return { entry: this.entry, through: end.has(ENTRY), exit: [...end].some((last) => last !== ENTRY) };
  }

  private visit(node: ts.Node, state: State): State {
    if (isFunction(node)) return state; // by itself
    if (ts.isCallExpression(node)) return this.call(node, state);
    if (ts.isReturnStatement(node) || ts.isThrowStatement(node)) {
      const end = node.expression ? this.visit(node.expression, state) : state;
      if (ts.isReturnStatement(node)) this.ended = join(this.ended, end);
      else if (this.thrown.length > 0) this.thrown.push(join(this.thrown.pop(), end));
      return undefined;
    }
    if (ts.isIfStatement(node))
      return this.fork(node.expression, [node.thenStatement, node.elseStatement], state);
    if (ts.isConditionalExpression(node))
      return this.fork(node.condition, [node.whenTrue, node.whenFalse], state);
    if (ts.isBinaryExpression(node) && isLogical(node.operatorToken.kind)) {
      const isAnd = node.operatorToken.kind === ts.SyntaxKind.AmpersandAmpersandToken;
      return this.fork(node.left, isAnd ? [node.right, undefined] : [undefined, node.right], state);
    }
    if (ts.isSwitchStatement(node)) return this.switched(node, state);
    if (ts.isTryStatement(node)) return this.tried(node, state);
    if (ts.isIterationStatement(node, false)) return this.loop(node, state);
    if (ts.isBreakStatement(node) || ts.isContinueStatement(node)) {
      const jump = this.jumps.at(-1);
      if (jump && ts.isBreakStatement(node)) jump.breaks = join(jump.breaks, state);
      else if (jump) jump.continues = join(jump.continues, state);
      return undefined;
    }
    let now = state;
    ts.forEachChild(node, (child) => void (now = this.visit(child, now)));
    this.remember(node);
    return now;
  }

  /** What answers nothing has done nothing: where that is asked, it does not count on that way. */
  private fork(
    condition: ts.Expression,
    [whenTrue, whenFalse]: readonly (ts.Node | undefined)[],
    state: State,
  ): State {
    const decided = this.visit(condition, state);
    const isNot =
      ts.isPrefixUnaryExpression(condition) && condition.operator === ts.SyntaxKind.ExclamationToken;
    const asked = this.calledFor(isNot ? condition.operand : condition);
    const nothing = decided && new Set([...decided].filter((last) => last !== asked));
    const [yes, no] = isNot ? [nothing, decided] : [decided, nothing];
    return join(whenTrue ? this.visit(whenTrue, yes) : yes, whenFalse ? this.visit(whenFalse, no) : no);
  }

  /** The call whose answer this is. */
  private calledFor(node: ts.Expression): string | undefined {
    if (ts.isParenthesizedExpression(node) || ts.isAwaitExpression(node))
      return this.calledFor(node.expression);
    if (ts.isCallExpression(node)) return wordsOf(node);
    return ts.isIdentifier(node) ? this.answers.get(node.text) : undefined;
  }

  private remember(node: ts.Node): void {
    const [name, value] = ts.isVariableDeclaration(node)
      ? [node.name, node.initializer]
      : ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken
        ? [node.left, node.right]
        : [];
    const call = value && this.calledFor(value);
    if (name && ts.isIdentifier(name) && call !== undefined) this.answers.set(name.text, call);
  }

  private switched({ expression, caseBlock }: ts.SwitchStatement, state: State): State {
    const from = this.visit(expression, state);
    this.jumps.push({ breaks: undefined, continues: undefined });
    let now: State;
    for (const clause of caseBlock.clauses)
      now = clause.statements.reduce<State>((one, statement) => this.visit(statement, one), join(now, from));
    const { breaks, continues } = this.jumps.pop()!;
    const outer = this.jumps.at(-1);
    if (outer) outer.continues = join(outer.continues, continues);
    return join(join(now, breaks), caseBlock.clauses.some(ts.isDefaultClause) ? undefined : from);
  }

  private tried({ tryBlock, catchClause, finallyBlock }: ts.TryStatement, state: State): State {
    this.thrown.push(state);
    const tried = this.visit(tryBlock, state);
    const caught = catchClause && this.visit(catchClause.block, this.thrown.at(-1));
    this.thrown.pop();
    const both = join(tried, caught);
    return finallyBlock ? this.visit(finallyBlock, both ?? state) && both : both;
  }

  private loop(node: ts.IterationStatement, state: State): State {
    const endless = ts.isForStatement(node) && !node.condition;
    const head = ts.isForStatement(node)
      ? node.initializer
      : (node as ts.WhileStatement | ts.ForOfStatement).expression;
    const first = head ? this.visit(head, state) : state;
    let now = first;
    let breaks: State;
    for (let turn = 0; turn < 2; turn += 1) {
      this.jumps.push({ breaks: undefined, continues: undefined });
      const body = this.visit(node.statement, now);
      const jump = this.jumps.pop()!;
      now = join(body, jump.continues);
      if (ts.isForStatement(node))
        for (const part of [node.incrementor, node.condition]) if (part) now = this.visit(part, now);
      breaks = join(breaks, jump.breaks);
    }
    return endless ? breaks : join(join(first, now), breaks);
  }

  private call(node: ts.CallExpression, state: State): State {
    const callee = node.expression;
    const name = ts.isIdentifier(callee)
      ? callee.text
      : ts.isPropertyAccessExpression(callee)
        ? callee.name.text
        : '';
    if (name === 'crashPoint') return apply(LABEL, name, state);
    let now = this.visit(callee, state);
    const handed: (FunctionNode | readonly Fn[])[] = [];
    for (const argument of node.arguments) {
      if (isFunction(argument)) handed.push(argument);
      else if (ts.isIdentifier(argument) && isAwaited(node))
        handed.push(this.sources.local(this.fn.file, argument.text).filter(({ isMember }) => !isMember));
      else now = this.visit(argument, now);
    }
    if (TRANSACTIONS.has(name)) return this.transaction(node, name, handed, now);
    const effect = effectOf(node, {
      file: this.fn.file,
      writing: this.writing,
      sqlOf: (argument) => this.textOf(argument),
    });
    const counts = effect === 'outside' || (effect === 'write' && this.mode === 'own');
    if (counts) return this.pass(EFFECT, node, now);
    const summary = this.summaryOf(this.meant(callee));
    now = this.pass(summary, node, now);
    for (const one of handed)
      if (name === 'catch') now = join(now, this.handOn(one, node, name, state));
      else if ('kind' in one || summary === NOTHING) now = this.handOn(one, node, name, now);
    return now;
  }

  /** Once, by the one who is called: what it is handed is done, or not. */
  private handOn(
    one: FunctionNode | readonly Fn[],
    node: ts.CallExpression,
    name: string,
    state: State,
  ): State {
    if ('kind' in one) {
      if (!isAwaited(node) && !['then', 'catch', 'finally'].includes(name)) return state;
      return join(state, this.inline(one, state));
    }
    return join(state, this.pass(this.summaryOf(one), node, state));
  }

  private inline({ body }: FunctionNode, state: State): State {
    if (!body) return state;
    const outer = this.ended;
    this.ended = undefined;
    const end = join(this.visit(body, state), this.ended);
    this.ended = outer;
    return end;
  }

  private transaction(
    node: ts.CallExpression,
    name: string,
    handed: readonly (FunctionNode | readonly Fn[])[],
    state: State,
  ): State {
    const outer = this.mode;
    const writes = name.includes('udited') || !handed.some((one) => 'kind' in one && !this.writesIn(one));
    this.mode = 'inside';
    let now = state;
    for (const one of handed)
      now = 'kind' in one ? this.inline(one, now) : this.pass(this.summaryOf(one), node, now);
    this.mode = outer;
    return writes ? this.pass(EFFECT, node, now ?? new Set()) : now;
  }

  /** A transaction that only reads leaves nothing. */
  private writesIn(node: FunctionNode): boolean {
    const walk = new Walk(this.sources, this.writing, this.summaries, { ...this.fn, node }, 'own');
    return walk.summary().entry;
  }

  private meant(callee: ts.Expression): readonly Fn[] {
    if (ts.isIdentifier(callee)) return this.sources.named(this.fn.file, callee.text);
    if (!ts.isPropertyAccessExpression(callee)) return [];
    const name = callee.name.text;
    return callee.expression.kind === ts.SyntaxKind.ThisKeyword
      ? this.sources.local(this.fn.file, name)
      : this.sources.members(name, lastName(callee.expression));
  }

  private summaryOf(functions: readonly Fn[]): Summary {
    const all = functions.map((fn) => this.summaries[this.mode].get(fn) ?? NOTHING);
    if (all.every(({ entry, through, exit }) => !entry && through && !exit)) return NOTHING;
    return {
      entry: all.some(({ entry }) => entry),
      through: all.some(({ through }) => through),
      exit: all.some(({ exit }) => exit),
    };
  }

  private pass(summary: Summary, node: ts.CallExpression, state: State): State {
    const words = wordsOf(node);
    // What fails has done nothing; what came before it has.
    if (summary.entry && this.thrown.length > 0) this.thrown.push(join(this.thrown.pop(), state));
    if (summary.entry && state)
      for (const last of state) {
        if (last === ENTRY) this.entry = true;
        else this.note(node, last, words);
      }
    return apply(summary, words, state);
  }

  private note(node: ts.Node, after: string, before: string): void {
    const { line } = node.getSourceFile().getLineAndCharacterOfPosition(node.getStart());
    this.gaps.push({ file: this.fn.file, function: placeOf(this.fn.node), after, before, line: line + 1 });
  }

  private textOf(node: ts.Node): string {
    let text = node.getText();
    const add = (one: ts.Node): void => {
      if (ts.isIdentifier(one)) text += `\n${this.sources.constant(this.fn.file, one.text) ?? ''}`;
      ts.forEachChild(one, add);
    };
    add(node);
    return text;
  }
}

function apply({ through, exit }: Summary, words: string, state: State): State {
  if (!state) return undefined;
  return new Set([...(through ? state : []), ...(exit ? [words] : [])]);
}

function wordsOf(call: ts.CallExpression): string {
  return call.expression.getText().replace(/\s+/g, '');
}

function join(a: State, b: State): State {
  return a && b ? new Set([...a, ...b]) : (a ?? b);
}

function isLogical(kind: ts.SyntaxKind): boolean {
  return (
    kind === ts.SyntaxKind.AmpersandAmpersandToken ||
    kind === ts.SyntaxKind.BarBarToken ||
    kind === ts.SyntaxKind.QuestionQuestionToken
  );
}

/** Awaited, returned, or an argument of what is. */
function isAwaited(node: ts.Node): boolean {
  for (let one = node.parent; ; one = one.parent) {
    if (ts.isAwaitExpression(one) || ts.isReturnStatement(one) || ts.isArrowFunction(one)) return true;
    if (!ts.isExpression(one) && !ts.isSpreadElement(one)) return false;
  }
}

/** The function's name, or that of the one in which it stands. */
function placeOf(node: ts.Node): string {
  for (let one: ts.Node | undefined = node; one; one = one.parent) {
    if ((ts.isFunctionDeclaration(one) || ts.isMethodDeclaration(one)) && one.name) return one.name.getText();
    if (ts.isVariableDeclaration(one) || ts.isPropertyAssignment(one)) return one.name.getText();
  }
  return '';
}

function unique(gaps: readonly Gap[]): Gap[] {
  return [
    ...new Map(gaps.map((gap) => [`${gap.file}:${gap.line} ${gap.after} ${gap.before}`, gap])).values(),
  ];
}
