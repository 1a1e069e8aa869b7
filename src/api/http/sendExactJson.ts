import type { Response } from 'express';
import { stringifyExactJson } from '../../domain/exactJson.js';

/** Answers with JSON that holds values of payloads: their numbers keep their digits. */
export function sendExactJson(response: Response, value: unknown): void {
  response.type('application/json').send(stringifyExactJson(value));
}
