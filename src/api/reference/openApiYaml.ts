import { stringify } from 'yaml';
import type { OpenApiDocument } from './openApiDocument.js';

/** The document as it stands in docs/openapi.yaml. */
export function openApiYaml(document: OpenApiDocument): string {
  return stringify(document, { aliasDuplicateObjects: false, lineWidth: 0 });
}
