import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { readCommandLine } from '../../scripts/lib/commandLine.mjs';
import { OPERATIONS } from '../../src/api/operations.js';
import { openApiDocument } from '../../src/api/reference/openApiDocument.js';
import { openApiYaml } from '../../src/api/reference/openApiYaml.js';
import { clientTypes } from './clientTypes.js';

readCommandLine({
  usage: `npm run openapi

Writes docs/openapi.yaml and the types of the client anew, from the operations of the API.`,
});

const ROOT = path.resolve(import.meta.dirname, '../..');
const write = (file: string, text: string) => {
  writeFileSync(path.join(ROOT, file), text);
  console.log(`${file}: ${OPERATIONS.length} operations`);
};
write('docs/openapi.yaml', openApiYaml(openApiDocument(OPERATIONS)));
write('src/sdk/client/schema.ts', await clientTypes());
