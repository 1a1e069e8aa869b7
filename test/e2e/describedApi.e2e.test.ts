import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { findSchemathesis } from '../../scripts/lib/schemathesis.mjs';
import { OPERATIONS } from '../../src/api/operations.js';
import { startStack, type Stack } from '../support/stack.js';

const PORTAL = 41_000_002; // that of the examples
const SEED = 1;
/** Schemathesis does not ask for what it has read first. */
const DOCUMENT = '/api/openapi.json';

/**
 * What is asked of every answer. Left out: whether what has the right shape is taken (much of it names what is not
 * there), whether a request without a key is a 401 (after sixty in a minute it is a 429), and whether a method that a
 * path does not have is a 405 (it is a 404).
 */
const CHECKS = [
  ...['not_a_server_error', 'status_code_conformance', 'content_type_conformance'],
  ...['response_headers_conformance', 'response_schema_conformance', 'negative_data_rejection'],
];

/** These take away what the others need, so they have their turn at the end: the key, and the portal. */
const LAST = ['rotateApiKey', 'revokeApiKey', 'disconnectPortal'];

interface Report {
  readonly operations: { readonly tested: number };
  readonly test_cases: { readonly generated: number };
  readonly valid_rates: Readonly<Record<string, Readonly<Record<string, { readonly accepted: number }>>>>;
}

const schemathesis = await findSchemathesis();

if ('reason' in schemathesis)
  it.skip(`The API, asked whatever its description allows and does not: ${schemathesis.reason}`, () =>
    undefined);
else {
  const { command, args, env } = schemathesis;
  describe('the API', () => {
    let stack: Stack;
    beforeAll(async () => {
      stack = await startStack({ env: { API_REQUESTS_PER_MINUTE: '1000000', HUBSPOT_SEND_LIVE: 'true' } });
      await stack.connectPortal(PORTAL);
      const { portalId, workflowId } = await stack.addFlow(PORTAL, {
        steps: [{ rate: { limit: 1, intervalMs: 60_000 } }],
      });
      // The examples ask for the 300th.
      await stack.pool.query("SELECT setval('executions_id_seq', 299)");
      await stack.sandbox.enrol(portalId, workflowId, { count: 20 });
      // Something stands in the feed: who asks to wait for what follows would be answered only then, for each case.
      await stack.pool.query(
        `INSERT INTO crm_changes (workspace_id, portal_id, object_type, record_id, generation, action, changed, happened_at)
         SELECT workspace_id, portal_id, 'contacts', 51, 1, 'Created', '{}', now() FROM portals WHERE portal_id = $1`,
        [PORTAL],
      );
    }, 120_000);
    afterAll(() => stack?.stop(), 30_000);

    /** Asks for so many seconds; throws what Schemathesis has to say, with the requests to repeat it by. */
    async function ask(name: string, seconds: number, selection: readonly string[]): Promise<Report> {
      const report = path.join(stack.dir, `${name}.json`);
      const options = [
        ...['--header', `Authorization: Bearer ${stack.secrets.apiKey}`, '--checks', CHECKS.join(',')],
        ...['--phases', 'examples,coverage,fuzzing', '--seed', String(SEED), '--max-time', String(seconds)],
        ...['--generation-database', 'none', '--continue-on-failure', '--no-color', '--warnings', 'off'],
        ...['--report', 'json', '--report-json-path', report],
      ];
      const document = `${stack.apis[0]?.url}${DOCUMENT}`;
      const said: unknown = await promisify(execFile)(
        command,
        [...args, 'run', document, ...options, ...selection],
        { env, cwd: stack.dir, maxBuffer: 100_000_000 },
      ).catch((error: unknown) => error);
      if (said instanceof Error) {
        const { stdout = '', stderr = '' } = said as Error & { stdout?: string; stderr?: string };
        throw new Error(`${stdout.slice(0, 30_000)}\n${stderr.slice(0, 2000)}`);
      }
      return JSON.parse(readFileSync(report, 'utf8')) as Report;
    }

    it('answers as it is described, whatever it is asked: no 5xx, no other status, type or body, and it takes nothing invalid', async () => {
      const others = await ask(
        'most',
        75,
        LAST.flatMap((id) => ['--exclude-operation-id', id]),
      );
      // The key is good to the end, so it was not refusals that were as described.
      expect((await stack.api.get('/api/workspace')).status).toBe(200);
      const last = await ask(
        'last',
        15,
        LAST.flatMap((id) => ['--include-operation-id', id]),
      );
      const asked = OPERATIONS.filter(({ path: at }) => at !== DOCUMENT);
      expect(others.operations.tested + last.operations.tested).toBe(asked.length);
      expect(others.test_cases.generated).toBeGreaterThan(1000);
      const taken = Object.values(others.valid_rates).filter((phases) =>
        Object.values(phases).some(({ accepted }) => accepted > 0),
      );
      expect(taken.length).toBeGreaterThan(OPERATIONS.length / 2);
    }, 200_000);
  });
}
