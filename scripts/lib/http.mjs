import { Trouble } from './trouble.mjs';

const TIMEOUT_MS = 10_000;

/**
 * Sends one JSON request. An answer that is not a 2xx becomes a Trouble with the text of the answer.
 * @param {string} method @param {string} url @param {{ body?: unknown, apiKey?: string }} [options]
 */
export async function callJson(method, url, { body, apiKey } = {}) {
  const answer = await fetch(url, {
    method,
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((error) => {
    throw new Trouble(`${method} ${url} had no answer: ${error.cause?.message ?? error.message}`, {
      cause: error,
    });
  });
  const text = await answer.text();
  if (!answer.ok) throw new Trouble(`${method} ${url} was answered ${answer.status}: ${text.slice(0, 500)}`);
  return text === '' ? undefined : JSON.parse(text);
}

/** Whether a URL answers with a 2xx. False as well while nothing listens there. */
export async function answersOk(url) {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2000) })).ok;
  } catch {
    return false; // refused or too slow: not ready
  }
}
