import openapiTS, { astToString } from 'openapi-typescript';
import { OPERATIONS } from '../../src/api/operations.js';
import { openApiDocument } from '../../src/api/reference/openApiDocument.js';

/** The types of the client, src/sdk/client/schema.ts, as the operations have them. */
export async function clientTypes(): Promise<string> {
  const document = openApiDocument(OPERATIONS) as Parameters<typeof openapiTS>[0];
  // What has a default may be left out; what an answer always has is required there.
  const ast = await openapiTS(document, { silent: true, defaultNonNullable: false });
  return `/* Made by \`npm run openapi\`. */\n\n${astToString(ast)}`;
}
