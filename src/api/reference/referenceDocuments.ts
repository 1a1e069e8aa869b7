import type { OperationDescription } from '../http/operation.js';
import { openApiDocument } from './openApiDocument.js';
import { openApiYaml } from './openApiYaml.js';

/** The API's description as it is sent. */
export interface ReferenceDocuments {
  readonly json: Buffer;
  readonly yaml: Buffer;
}

/** Takes most of a second: it is made once in a process. Bytes, for a text would be copied for each who asks. */
export function referenceDocuments(operations: readonly OperationDescription[]): ReferenceDocuments {
  const document = openApiDocument(operations);
  return { json: Buffer.from(JSON.stringify(document)), yaml: Buffer.from(openApiYaml(document)) };
}
