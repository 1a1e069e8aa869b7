import { readFileSync } from 'node:fs';
import { InvalidArgumentError, type Command } from 'commander';
import { parseExactJson } from '../domain/exactJson.js';
import { reach } from './api.js';
import type { Context } from './context.js';
import { CliError } from './errors.js';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];
/** HTTP gives a body no meaning in the others, and `Request` refuses it. */
const WITH_BODY = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

interface Options {
  readonly data?: string;
  readonly header?: Headers;
  readonly include?: boolean;
}

/** `sluice api METHOD PATH`: any request, with the key; what is answered is printed as it came. */
export function addRawCall(api: Command, context: Context): void {
  api
    .argument('<method>', METHODS.join(', '), method)
    .argument('<path>', 'of the API, with its query: /api/lanes?limit=1', path)
    .option('--data <json>', 'the body: JSON, or @FILE with it, or @- for standard input')
    .option('--header <header>', "'Name: value'; several times for several", header)
    .option('--include', 'say the status and the headers of the answer, on standard error')
    .addHelpText('after', HELP)
    .action(async (verb: string, target: string, { data, header: headers, include }: Options) => {
      if (data !== undefined && !WITH_BODY.has(verb)) throw new CliError(`${verb} takes no --data`, 2);
      const settings = context.settings();
      const { apiUrl, apiKey } = settings;
      const request = new Request(`${apiUrl}${target}`, {
        method: verb,
        headers: withDefaults(headers ?? new Headers(), { data, key: apiKey?.reveal() }),
        redirect: 'manual', // the key is for nobody else
        ...(data !== undefined && { body: bodyOf(data, headers) }),
      });
      const response = await reach(settings, request);
      if (include) {
        const lines = [...response.headers].map(([name, value]) => `${name}: ${value}`);
        context.say([String(response.status), ...lines].join('\n'));
      }
      const text = await response.text();
      if (text !== '') context.print(text.replace(/\n$/, ''));
      if (response.status >= 400) throw new CliError(`${verb} ${target} was answered ${response.status}`);
    });
}

const HELP = `
Nothing is asked before it is sent. Exit code: 0 below status 400, 1 from there on

Examples:
  $ sluice api GET '/api/lanes?limit=1'
  $ sluice api PATCH /api/lanes/7 --data '{"paused": true}'
  $ sluice api POST /api/events --data @event.json --header 'Idempotency-Key: order-4711'`;

function method(text: string): string {
  const name = text.toUpperCase();
  if (!METHODS.includes(name)) throw new InvalidArgumentError(`It must be one of ${METHODS.join(', ')}.`);
  return name;
}

function path(text: string): string {
  if (!/^\/(?!\/)/.test(text)) throw new InvalidArgumentError('It must be a path, such as /api/lanes.');
  return text;
}

function header(text: string, before: Headers | undefined): Headers {
  const [name = '', ...value] = text.split(':');
  const headers = before ?? new Headers();
  try {
    if (value.length === 0) throw new TypeError('no value');
    headers.append(name, value.join(':').trim());
  } catch {
    throw new InvalidArgumentError("It must be 'Name: value'.");
  }
  return headers;
}

function withDefaults(
  headers: Headers,
  { data, key }: { data: string | undefined; key: string | undefined },
): Headers {
  const given = new Headers(headers);
  if (key !== undefined && !given.has('Authorization')) given.set('Authorization', `Bearer ${key}`);
  if (data !== undefined && !given.has('Content-Type')) given.set('Content-Type', 'application/json');
  return given;
}

/** As it was written, so that numbers keep their digits; what is no JSON is refused before it is sent. */
function bodyOf(data: string, headers: Headers | undefined): string {
  const text = data.startsWith('@') ? read(data.slice(1)) : data;
  const type = headers?.get('Content-Type') ?? 'application/json';
  if (!type.startsWith('application/json')) return text;
  try {
    parseExactJson(text);
  } catch (error) {
    throw new CliError(`--data is not JSON: ${error instanceof Error ? error.message : String(error)}`, 2);
  }
  return text;
}

function read(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new CliError(`Cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`, 2);
  }
}
