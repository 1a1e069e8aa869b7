import openapiTS, { astToString } from 'openapi-typescript';
import { OPERATIONS } from '../../src/api/operations.js';
import { openApiDocument } from '../../src/api/reference/openApiDocument.js';

/** The types of the client, src/sdk/client/schema.ts, as the operations have them. */
export async function clientTypes(): Promise<string> {
  const document = openApiDocument(OPERATIONS) as Parameters<typeof openapiTS>[0];
  return `/* Made by \`npm run openapi\`. */\n\n${astToString(await openapiTS(document, { silent: true }))}`;
}
