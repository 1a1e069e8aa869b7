import { Option, type Command } from 'commander';
import { EVENT_CLASSES } from '../../domain/outbox/retry.js';
import { given, type Answers } from '../api.js';
import { id } from '../arguments.js';
import type { Context } from '../context.js';
import { isMeant, type Meant } from '../destructive.js';
import { CliError } from '../errors.js';
import { counted, duration } from '../output.js';

export interface Json {
  readonly json?: boolean;
}

export interface FilterOptions {
  readonly portal?: string;
  readonly type?: string;
  readonly state?: Answers['DeadLetter']['state'];
  readonly errorClass?: (typeof EVENT_CLASSES)[number];
  readonly since?: string;
  readonly all?: boolean;
}

/** What would be done; what nobody has reckoned is not said. */
type Reckoned = Answers['DiscardPreview'] & Partial<Answers['RedrivePreview']>;

/** `--preview` is how `--dry-run` was called here. */
export interface Looked extends Meant {
  readonly preview?: boolean;
}

/** Whether to go on, having shown what the API reckons: it answers a call with `preview` alone in that way. */
export function isMeantFor(
  context: Context,
  does: string,
  { preview = false, ...meant }: Looked,
  reckon: () => Promise<object>,
): Promise<boolean> {
  const options = preview ? { ...meant, dryRun: true } : meant;
  return isMeant(context, options, async () => {
    const data = (await reckon()) as Reckoned;
    return { text: `${does} ${reckoned(context, data)}`, data };
  });
}

/** The options that say which dead letters. */
export function filtered(command: Command): Command {
  return command
    .option('--portal <portalId>', 'only those of one portal', id)
    .option('--type <type>', 'only those of one type')
    .addOption(
      new Option('--state <state>', 'only those in one state').choices(['dead', 'invalid', 'discarded']),
    )
    .addOption(
      new Option('--error-class <class>', 'only those that died of this class').choices(EVENT_CLASSES),
    )
    .option('--since <time>', 'only those that died since, e.g. 2027-01-01T00:00:00Z');
}

export function filterOf({ portal, type, state, errorClass, since }: FilterOptions) {
  return given({ portalId: portal, type, state, errorClass, since });
}

/** A filter that names something: nobody redrives everything by leaving a word out. */
export function whichOf(eventIds: readonly string[], options: FilterOptions) {
  const filter = filterOf(options);
  const named = eventIds.length > 0 || Object.keys(filter).length > 0;
  if (!named && options.all !== true) throw new CliError('Name ids or a filter, or say --all', 2);
  return eventIds.length > 0 ? { ...filter, ids: [...eventIds] } : filter;
}

export function groupsTable(context: Context, groups: readonly Answers['EventGroup'][]): string {
  return context.table(
    ['portal', 'type', 'class', 'events'],
    groups.map((one) => [
      one.portalId === null ? null : String(one.portalId),
      one.type,
      one.errorClass,
      one.count,
    ]),
  );
}

function reckoned(context: Context, preview: Reckoned): string {
  const { total, perSecond, durationMs, calls, stillInvalid, reasons = [] } = preview;
  const lines = [counted(total, 'event')];
  if (calls !== undefined) lines.push(`about ${counted(calls, 'call')} to HubSpot`);
  if (durationMs !== undefined) lines.push(`${duration(durationMs) ?? '-'} at ${perSecond ?? '-'} a second`);
  if (stillInvalid) lines.push(`about ${stillInvalid} still invalid`);
  const groups = preview.groups.length === 0 ? [] : [groupsTable(context, preview.groups)];
  return [lines.join(', '), ...reasons.map((reason) => `  ${reason}`), ...groups].join('\n');
}
