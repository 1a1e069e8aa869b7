import { z } from 'zod';
import type { OperationDescription } from '../http/operation.js';
import { NOT_HTTP } from '../http/serviceOperations.js';

const the = {
  method: 'get',
  scopes: 'none',
  tag: 'Service',
  input: {},
  errors: ['too_many_requests'],
} as const;

/** This document: by code of its own (referenceRoom.ts). */
export const REFERENCE_OPERATIONS: readonly OperationDescription[] = [
  {
    ...the,
    id: 'showOpenApiJson',
    path: '/api/openapi.json',
    summary: 'Show this document as JSON',
    answers: {
      200: {
        description: 'The document',
        body: z.looseObject({ openapi: z.string(), paths: z.looseObject({}) }),
        example: { openapi: '3.1.0', paths: {} },
      },
      ...NOT_HTTP,
    },
  },
  {
    ...the,
    id: 'showOpenApiYaml',
    path: '/docs/openapi.yaml',
    summary: 'Show this document as YAML',
    answers: {
      200: {
        description: 'The document',
        mediaType: 'application/yaml',
        body: z.string(),
        example: 'openapi: 3.1.0\n',
      },
      ...NOT_HTTP,
    },
  },
];
