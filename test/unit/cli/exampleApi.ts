import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OPERATIONS } from '../../../src/api/operations.js';
import { openApiDocument } from '../../../src/api/reference/openApiDocument.js';
import { runCli } from '../../../src/cli/program.js';

interface Responses {
  readonly responses: Readonly<
    Record<
      string,
      { content?: Record<string, { example?: unknown; examples?: Record<string, { value: unknown }> }> }
    >
  >;
}

export interface Asked {
  /** `showLane`; `GET /x` where there is no such operation. */
  readonly operation: string;
  readonly method: string;
  readonly body: string;
  readonly headers: NodeJS.Dict<string | string[]>;
}

const { paths } = openApiDocument(OPERATIONS) as unknown as {
  paths: Record<string, Record<string, Responses>>;
};

/** An operation and what its document says that it answers when all is well. */
function answerTo(method: string, path: string) {
  // A path without parameters is meant before one with them: they are in this order when they are longer.
  const known = OPERATIONS.filter((one) => one.method === method.toLowerCase() && matches(one.path, path));
  const operation = known.sort((a, b) => a.path.split('{').length - b.path.split('{').length)[0];
  if (!operation) return undefined;
  const { responses = {} } = paths[operation.path]?.[operation.method] ?? {};
  const [status = '204', response] = Object.entries(responses).find(([code]) => code.startsWith('2')) ?? [];
  const json = response?.content?.['application/json'];
  const example = json?.example ?? Object.values(json?.examples ?? {})[0]?.value;
  return { id: operation.id, status: Number(status), example };
}

function matches(template: string, path: string): boolean {
  const pattern = template.replace(/[.]/g, '\\$&').replace(/\{[^}]+\}/g, '[^/]+');
  return new RegExp(`^${pattern}$`).test(path);
}

/** What would be done, as far as every such operation says it. */
const PREVIEW = {
  // Of an erasure.
  ...{ portalId: 62515, objectType: 'contacts', recordId: '51', mirrored: true, words: ['ada@example.com'] },
  // Of a redrive.
  total: 3,
  groups: [{ portalId: 62515, type: 'nova_earned', errorClass: 'permanent', count: 3 }],
};

/** Runs `sluice` before an API that answers every operation with its example, as `change` makes it. */
export async function sluice(
  args: readonly string[],
  options: {
    readonly ask?: (question: string) => Promise<string>;
    readonly change?: (example: unknown) => unknown;
    readonly env?: Record<string, string>;
  } = {},
) {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const found = answerTo(method, new URL(url, 'http://x').pathname);
      asked.push({ operation: found?.id ?? `${method} ${url}`, method, body, headers });
      if (!found) return response.writeHead(404, { 'Content-Type': 'text/plain' }).end('none');
      const answer = body.includes('"preview":true') ? PREVIEW : found.example;
      const example = options.change?.(answer) ?? answer;
      response.writeHead(found.status, { 'Content-Type': 'application/json' });
      response.end(example === undefined ? undefined : JSON.stringify(example));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const seen = { out: '', err: '' };
  const code = await runCli(args, {
    out: (text) => void (seen.out += text),
    err: (text) => void (seen.err += text),
    env: {
      SLUICE_API_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      SLUICE_API_KEY: `slc_test_${'x'.repeat(43)}`,
      ...options.env,
    },
    cwd: '/nowhere',
    ask: options.ask,
  });
  await new Promise((resolve) => server.close(resolve));
  return { code, ...seen, asked };
}
