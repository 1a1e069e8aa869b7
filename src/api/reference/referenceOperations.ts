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

const A_PAGE = {
  description: 'The page',
  mediaType: 'text/html',
  body: z.string(),
  example: '<!doctype html>…',
} as const;

/** This document: and the pages about this service: by code of their own (referenceRoom.ts). */
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
        body: z.unknown(), // a schema would be of what the YAML says, which the description of JSON has already
        example: 'openapi: 3.1.0\n',
      },
      ...NOT_HTTP,
    },
  },
  {
    ...the,
    id: 'showApiPage',
    path: '/docs',
    summary: 'Show the API as a page, to read and to try; /api/docs is the same',
    answers: { 200: A_PAGE, ...NOT_HTTP },
  },
  {
    ...the,
    id: 'showApiPageBelowApi',
    path: '/api/docs',
    summary: 'Show the API as a page',
    answers: { 200: A_PAGE, ...NOT_HTTP },
  },
  {
    ...the,
    id: 'showApiPageAsset',
    path: '/docs/assets/{name}',
    summary: 'Show a file of such a page',
    input: { params: z.object({ name: z.string() }) },
    errors: ['not_found', 'too_many_requests'],
    answers: {
      200: { description: 'The file', mediaType: '*/*', body: z.string(), example: '' },
      ...NOT_HTTP,
    },
  },
  {
    ...the,
    id: 'showGuide',
    path: '/docs/guide',
    summary: 'Show the index of the documents of this release',
    answers: { 200: A_PAGE, ...NOT_HTTP },
  },
  {
    ...the,
    id: 'showGuidePage',
    path: '/docs/guide/{name}',
    summary: 'Show a document of this release',
    input: { params: z.object({ name: z.string().meta({ example: 'operations' }) }) },
    errors: ['not_found', 'too_many_requests'],
    answers: { 200: A_PAGE, ...NOT_HTTP },
  },
];
