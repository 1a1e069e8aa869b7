import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { readCommandLine } from '../../scripts/lib/commandLine.mjs';
import { OPERATIONS } from '../../src/api/operations.js';
import { openApiDocument } from '../../src/api/reference/openApiDocument.js';
import { openApiYaml } from '../../src/api/reference/openApiYaml.js';

readCommandLine({
  usage: `npm run openapi

Writes docs/openapi.yaml anew, from the operations of the API.`,
});

const file = path.resolve(import.meta.dirname, '../../docs/openapi.yaml');
writeFileSync(file, openApiYaml(openApiDocument(OPERATIONS)));
console.log(`${path.relative(process.cwd(), file)}: ${OPERATIONS.length} operations`);
