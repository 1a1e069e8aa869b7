import openapiTS, { astToString } from 'openapi-typescript';
import { OPERATIONS } from '../../src/api/operations.js';
import { openApiDocument } from '../../src/api/reference/openApiDocument.js';

/** The types of the client, src/sdk/client/schema.ts, as the operations have them. */
export async function clientTypes(): Promise<string> {
  const document = openApiDocument(OPERATIONS) as Parameters<typeof openapiTS>[0];
  // What has a default may be left out; what an answer always has is required there.
  const ast = await openapiTS(document, { silent: true, defaultNonNullable: false });
  return `/* Made by \`npm run openapi\`. */\n\n${withWords(astToString(ast))}`;
}

const WORDS = {
  paths: 'The operations of the API, by path and method.',
  components: "What is asked and answered, by its name: `components['schemas']['Lane']`.",
  operations: 'The operations of the API, by name.',
};

/** Says above each exported interface what it is: the reference of the package has it. */
function withWords(types: string): string {
  return types.replace(
    /^export interface (paths|components|operations) /gm,
    (line, name: keyof typeof WORDS) => `/** ${WORDS[name]} */\n${line}`,
  );
}
