import type { FormerTable } from '../db/formerDatabase.js';
import type { ExecutionCounts } from '../db/throttle/formerThrottle.js';
import type { Context } from './context.js';
import { CliError } from './errors.js';
import { counted, sheet } from './output.js';
import type { ExecutionTally } from './importedExecutions.js';
import type { RateTally } from './importedRates.js';
import type { TokenTally } from './importedTokens.js';

const PORTALS_NAMED = 20;

type Tables = Readonly<Record<'tokens' | 'rates' | 'executions', FormerTable | undefined>>;

type Result = ReturnType<typeof resultOf>;

/** What `--json` prints. */
export function resultOf(found: {
  readonly tables: Tables;
  readonly tokens: TokenTally;
  readonly rates: RateTally;
  readonly executions: ExecutionTally;
  readonly counts: ExecutionCounts | null;
  readonly bring: boolean;
}) {
  const { tables, tokens, rates, executions, counts, bring } = found;
  const shown = (table: FormerTable | undefined) => ({
    table: table?.table ?? null,
    columns: table?.columns ?? {},
  });
  return {
    dryRun: !bring,
    tokens: { ...shown(tables.tokens), ...tokens.shown() },
    rates: { ...shown(tables.rates), ...rates.shown() },
    executions: {
      ...shown(tables.executions),
      processed: counts?.processed ?? 0,
      waiting: counts?.waiting ?? 0,
      over: counts?.over ?? 0,
      ...executions.shown(),
      elsewhere: Object.fromEntries(executions.elsewhere),
    },
  };
}

/** Whoever goes by the exit code learns that not all is here. */
export function requireWhole(tokens: TokenTally, rates: RateTally, executions: ExecutionTally): void {
  const elsewhere = [...executions.elsewhere.values()].reduce((sum, rows) => sum + rows, 0);
  const left = [
    ...(tokens.refusals.count > 0 ? [`${counted(tokens.refusals.count, 'portal')} not connected`] : []),
    ...(rates.refusals.count > 0 ? [`${counted(rates.refusals.count, 'rate')} refused`] : []),
    ...(executions.refusals.count > 0 ? [`${counted(executions.refusals.count, 'execution')} refused`] : []),
    ...(elsewhere > 0 ? [`${counted(elsewhere, 'execution')} of portals that are not connected`] : []),
  ];
  if (left.length > 0)
    throw new CliError(`Not all was brought: ${left.join(', ')}. What else there was is here`);
}

export function describe(context: Context, { dryRun, tokens, rates, executions }: Result): string {
  const columns = (one: { columns: object }) =>
    Object.entries(one.columns)
      .map(([field, column]) => `${field}: ${String(column)}`)
      .join(', ');
  const elsewhere = Object.entries(executions.elsewhere).map(([portal, rows]) => `${portal} (${rows})`);
  return [
    sheet([
      ['tokens', tokens.table ?? 'no such table'],
      ['columns', columns(tokens)],
      [dryRun ? 'to be connected' : 'connected', dryRun ? tokens.ready : tokens.connected],
      ['there already', tokens.there],
      ['not to be connected', tokens.refusedRows],
    ]),
    sheet([
      ['rates', rates.table ?? 'no such table'],
      ['columns', columns(rates)],
      [dryRun ? 'to be set' : 'set', dryRun ? rates.ready : rates.set],
      ['there already', rates.there],
      ['there with another rate', rates.other],
      ['refused', rates.refusedRows],
    ]),
    sheet([
      ['executions', executions.table ?? 'no such table'],
      ['columns', columns(executions)],
      ['processed there', `${executions.processed}, left where they are`],
      ['given up there', `${executions.over}, left where they are`],
      ['waiting', executions.waiting],
      [dryRun ? 'to be brought' : 'brought', dryRun ? executions.ready : executions.brought],
      ['of these, without a rate', executions.withoutRate],
      ['there already', executions.there],
      ['refused', executions.refusedRows],
      ['of portals not connected', elsewhere.slice(0, PORTALS_NAMED).join(', ')],
    ]),
    ...listed(context, { tokens, rates, executions }),
    dryRun
      ? 'Nothing was brought: the same with --yes'
      : 'What was brought waits in its lanes: npx sluice lanes list',
  ].join('\n\n');
}

function listed(context: Context, { tokens, rates, executions }: Omit<Result, 'dryRun'>): string[] {
  const ofTokens = tokens.refused.map(({ portal, message }) => [portal, message]);
  const ofRates = rates.refused.map(({ portal, action, message }) => [portal, action, message]);
  const ofExecutions = executions.refused.map(({ id, field, message }) => [id, field, message]);
  return [
    ...(ofTokens.length > 0 ? [context.table(['portal', 'its token'], ofTokens)] : []),
    ...(ofRates.length > 0 ? [context.table(['portal', 'action', 'what is wrong'], ofRates)] : []),
    ...(ofExecutions.length > 0 ? [context.table(['row', 'field', 'what is wrong'], ofExecutions)] : []),
  ];
}
