import { parseExactJson } from '../../domain/exactJson.js';

/* Reads JSON of which nothing is certain: every field may be missing or of another type, and nothing here throws. */

/** Undefined for what is no JSON: a page of HTML, or a body that was cut off. */
export function parseJson(body: string | undefined): unknown {
  if (!body) return undefined;
  try {
    return parseExactJson(body);
  } catch {
    return undefined;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The objects of a list. */
export function records(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

/** A string that is not empty. */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The strings of a list, or a single one; without those that are empty. */
export function texts(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).filter(
    (entry): entry is string => text(entry) !== undefined,
  );
}

export function unique(values: string[]): string[] {
  return [...new Set(values)];
}

const MAX_MESSAGE = 500;

/** HubSpot's words, cut to a length that fits a log. */
export function clip(value: string): string {
  return value.length > MAX_MESSAGE ? `${value.slice(0, MAX_MESSAGE)}…` : value;
}
