import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { OPERATIONS } from '../../src/api/operations.js';
import { openApiDocument } from '../../src/api/reference/openApiDocument.js';
import { openApiYaml } from '../../src/api/reference/openApiYaml.js';

/* `npm run openapi`: writes docs/openapi.yaml anew. */
const file = path.resolve(import.meta.dirname, '../../docs/openapi.yaml');
writeFileSync(file, openApiYaml(openApiDocument(OPERATIONS)));
console.log(`${path.relative(process.cwd(), file)}: ${OPERATIONS.length} operations`);
