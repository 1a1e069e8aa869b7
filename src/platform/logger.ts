import { AsyncLocalStorage } from 'node:async_hooks';
import winston from 'winston';
import type { Config } from './config/config.js';

/** Ids that every line of a request or an activity carries. */
export interface LogContext {
  requestId?: string;
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

export function createLogger(config: Pick<Config, 'LOG_LEVEL' | 'LOG_FORMAT'>, service: string): Logger {
  const { timestamp, json, combine } = winston.format;
  return winston.createLogger({
    level: config.LOG_LEVEL === 'silent' ? 'error' : config.LOG_LEVEL,
    silent: config.LOG_LEVEL === 'silent',
    defaultMeta: { service },
    format: combine(
      addContext(),
      unfoldErrors(),
      timestamp(),
      config.LOG_FORMAT === 'pretty' ? pretty : json(),
    ),
    transports: [new winston.transports.Console({ stderrLevels: ['error', 'warn', 'info', 'debug'] })],
  });
}
