import { createReadStream, createWriteStream, statSync, truncateSync } from 'node:fs';
import { once } from 'node:events';
import { types } from 'node:util';
import { Option, type Command } from 'commander';
import { parseExactJson } from '../../domain/exactJson.js';
import { keyOf } from '../api.js';
import { adviceFor } from '../apiSource.js';
import { id } from '../arguments.js';
import { show, verb, type Context } from '../context.js';
import { CliError } from '../errors.js';
import { lastRecord, recordCounter, type ExportFormat } from './exportedFile.js';

const OBJECT_TYPE = 'contacts, companies, deals, tickets, or a custom object by its id, name or label';
const FORMATS: readonly ExportFormat[] = ['ndjson', 'csv'];
const TOLD_EVERY_MS = 2000;
/** The API gives up who takes nothing for half a minute, and reads a page in much less. */
const SILENT_MS = 60_000;

interface Options {
  readonly portal?: string;
  readonly format: ExportFormat;
  readonly properties?: string;
  readonly archived?: boolean;
  readonly out: string;
  readonly resume?: boolean;
  readonly json?: boolean;
}

/** All records of a type into a file, as long as that takes, and on from where it broke off. */
export function addExport(records: Command, context: Context): void {
  verb(records, {
    name: 'export',
    description: 'write all records of a type into a file, as NDJSON or CSV',
    example: 'export contacts --format csv --properties email,city --out contacts.csv',
  })
    .argument('<objectType>', OBJECT_TYPE)
    .requiredOption('--out <file>', 'into this file')
    .addOption(new Option('--format <format>', 'of the file').choices(FORMATS).default('ndjson'))
    .option('--properties <names>', 'these alone, with commas between them')
    .option('--portal <portalId>', 'of this portal; needed where there are several', id)
    .option('--archived', 'those in the recycle bin')
    .option('--resume', 'go on behind the last whole record of the file')
    .action(async (objectType: string, options: Options) => {
      const { out, format, json } = options;
      const from = await startOf(options);
      const response = await ask(context, objectType, options, from.id);
      const total = Number(response.headers.get('x-total-records'));
      const tell = (written: number) =>
        context.say(`${written.toLocaleString('en')} of ${total.toLocaleString('en')} records`);
      const written = await writeAll(response, { out, format, from, tell });
      show(context, json, { records: written, out }, () => `${written} records are in ${out}`);
    });
}

/** Where the file stands: how many whole records it has, and which is the last. */
interface Start {
  readonly records: number;
  readonly id?: string | undefined;
}

async function startOf({ out, resume, format }: Options): Promise<Start> {
  const file = statSync(out, { throwIfNoEntry: false });
  if (!file || !file.isFile()) return { records: 0 };
  if (!resume)
    throw new CliError(`${out} is there already: --resume goes on with it, or name another file`, 2);
  const { bytes, ...start } = await lastRecord(createReadStream(out), format);
  // A record that was cut off comes again; without a whole one everything does.
  truncateSync(out, start.id === undefined ? 0 : bytes);
  return start;
}

async function ask(
  context: Context,
  objectType: string,
  { portal, format, properties, archived }: Options,
  after: string | undefined,
): Promise<Response> {
  const settings = context.settings();
  const query = new URLSearchParams({ format });
  if (portal !== undefined) query.set('portalId', portal);
  if (properties !== undefined) query.set('properties', properties);
  if (archived) query.set('archived', 'true');
  if (after !== undefined) query.set('after', after);
  const url = `${settings.apiUrl}/api/objects/${encodeURIComponent(objectType)}/export?${query.toString()}`;
  let response: Response;
  try {
    const headers = { authorization: `Bearer ${keyOf(settings).reveal()}` };
    response = await fetch(url, { headers, redirect: 'manual' }); // the key is for nobody else
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(
      `Cannot reach the API at ${settings.apiUrl}: ${adviceFor(settings.source).unreachable}`,
      1,
      'unavailable',
    );
  }
  if (response.ok) return response;
  const text = await response.text();
  const detail = /json/.test(response.headers.get('content-type') ?? '')
    ? (parseExactJson(text) as { detail?: string }).detail
    : undefined;
  throw new CliError(
    detail ?? `${settings.apiUrl} answered ${response.status} and does not look like Sluice`,
  );
}

async function writeAll(
  response: Response,
  {
    out,
    format,
    from,
    tell,
  }: { out: string; format: ExportFormat; from: Start; tell: (written: number) => void },
): Promise<number> {
  const counter = recordCounter(format, from.id === undefined);
  const count = () => from.records + counter.records();
  const file = createWriteStream(out, { flags: 'a' });
  let told = performance.now();
  try {
    for await (const chunk of chunksOf(response)) {
      counter.take(chunk);
      if (!file.write(chunk)) await once(file, 'drain');
      if (performance.now() - told < TOLD_EVERY_MS) continue;
      told = performance.now();
      tell(count());
    }
  } catch (error) {
    const reason = types.isNativeError(error) ? error.message : String(error);
    throw new CliError(
      `The export broke off after ${count()} records (${reason}): the same command with --resume goes on`,
    );
  } finally {
    file.end();
    await once(file, 'close');
  }
  tell(count());
  return count();
}

async function* chunksOf({ body }: Response): AsyncGenerator<Uint8Array, void> {
  if (!body) return;
  const reader = body.getReader();
  for (;;) {
    let timer: NodeJS.Timeout | undefined;
    const silent = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`nothing came for ${SILENT_MS / 1000} s`)), SILENT_MS);
    });
    try {
      const read = (await Promise.race([reader.read(), silent])) as { done: boolean; value?: Uint8Array };
      if (read.done || !read.value) return;
      yield read.value;
    } finally {
      clearTimeout(timer);
    }
  }
}
