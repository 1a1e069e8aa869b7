import { AsyncLocalStorage } from 'node:async_hooks';
import winston from 'winston';
import type { Config } from './config/config.js';

/** Ids that every line of a request or an activity carries. */
export interface LogContext {
  requestId?: string;
  /** The first word of a request's path, below `/api`: `lanes`. */
  room?: string;
  portalId?: number;
  laneId?: string;
  executionId?: string;
  workflowId?: string;
}

export type Logger = winston.Logger;

const context = new AsyncLocalStorage<LogContext>();

/** Runs `fn` so that each line logged within it carries `ids`. */
export function withLogContext<T>(ids: LogContext, fn: () => T): T {
  return context.run({ ...context.getStore(), ...ids }, fn);
}

const addContext = winston.format((info) => Object.assign(info, context.getStore(), { ...info }));

/**
 * Errors in fields would be printed as `{}`: what helps to understand them is taken out of them. Never a statement's
 * values.
 */
const unfoldErrors = winston.format((info) => {
  for (const [key, value] of Object.entries(info))
    if (value instanceof Error) info[key] = describeError(value);
  return info;
});

function describeError(error: Error, depth = 0): Record<string, unknown> {
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
  const cause =
    error.cause instanceof Error && depth < 3 ? { cause: describeError(error.cause, depth + 1) } : {};
  return {
    name: error.name,
    message: error.message,
    ...code,
    stack: error.stack
      ?.split('\n')
      .slice(1, 6)
      .map((line) => line.trim()),
    ...cause,
  };
}

const pretty = winston.format.printf(({ timestamp, level, message, service, ...rest }) => {
  const fields = Object.keys(rest).length > 0 ? ` ${JSON.stringify(rest)}` : '';
  return `${String(timestamp)} ${level} ${String(service)}: ${String(message)}${fields}`;
});

const LEVEL_NAMES: Readonly<Record<string, string>> = {
  error: 'ERROR',
  warn: 'WARNING',
  info: 'INFO',
  debug: 'DEBUG',
};

/** The lines of Python's `logging` as JSON, for collectors that were set up for them. */
const asctime = winston.format.printf(({ timestamp, level, message, service, room, ...rest }) => {
  const name = typeof room === 'string' ? `app.routes.${room}` : `app.${String(service)}`;
  const fields = Object.entries(rest).map(([key, value]) => [snakeCase(key), value] as const);
  return JSON.stringify({
    ...{ asctime: localTime(new Date(String(timestamp))), name, levelname: LEVEL_NAMES[level], message },
    ...Object.fromEntries(fields),
  });
});

/** As Python writes it, in the time zone of the process: `2025-03-20 13:54:31,045`. */
function localTime(at: Date): string {
  const two = (n: number) => String(n).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  return `${day} ${time},${String(at.getMilliseconds()).padStart(3, '0')}`;
}

const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const LEVELS = ['error', 'warn', 'info', 'debug'];
type LogConfig = Pick<Config, 'LOG_LEVEL' | 'LOG_FORMAT'> & Partial<Pick<Config, 'LOG_STREAM'>>;

export function createLogger(config: LogConfig, service: string): Logger {
  const { timestamp, json, combine } = winston.format;
  const written = { json: json(), pretty, asctime }[config.LOG_FORMAT];
  return winston.createLogger({
    level: config.LOG_LEVEL === 'silent' ? 'error' : config.LOG_LEVEL,
    silent: config.LOG_LEVEL === 'silent',
    defaultMeta: { service },
    format: combine(addContext(), unfoldErrors(), timestamp(), written),
    transports: [
      new winston.transports.Console({ stderrLevels: config.LOG_STREAM === 'stdout' ? [] : LEVELS }),
    ],
  });
}
