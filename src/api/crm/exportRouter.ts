import { once } from 'node:events';
import { Router, type Response } from 'express';
import type { z } from 'zod';
import { definedProperties } from '../../db/crm/definedProperties.js';
import { recordsAfter, type RecordsOf } from '../../db/crm/records.js';
import type { Pool } from '../../db/pool.js';
import { forWorkspace } from '../../db/tenant.js';
import { csvRow } from '../../domain/crm/csv.js';
import { stringifyExactJson } from '../../domain/exactJson.js';
import { AppError } from '../../platform/errors.js';
import type { Logger } from '../../platform/logger.js';
import { auditAndLog, callerOf } from '../http/auditRequest.js';
import { requireScope } from '../http/authenticate.js';
import { invalidInput, parseInput } from '../http/input.js';
import { createStreamsUnderWay } from '../http/streamsUnderWay.js';
import { namedOrOnlyPortal } from '../portals/namedOrOnlyPortal.js';
import { exportQuery, MOST_PROPERTIES } from './exportOperation.js';
import { mirrorOf, type FindMirror } from './mirroredTypes.js';
import { recordAnswer } from './recordAnswers.js';
import { typeNamed } from './namedType.js';

interface Dependencies {
  readonly pool: Pool;
  readonly findMirror: FindMirror;
  readonly logger: Logger;
}

/** Records that are in memory at a time; fewer where they are large. */
const AT_A_TIME = 500;
/** Who takes nothing for so long is not there any more, or keeps a place from others. */
const TAKES_WITHIN_MS = 30_000;
const STREAMS = { ofKey: 2, ofAll: 8, verb: 'sent' } as const;

type Asked = z.output<typeof exportQuery>;

/** All records of a type, page by page, each read when the one before has been taken. */
export function exportRouter(deps: Dependencies): Router {
  const router = Router();
  const streams = createStreamsUnderWay(STREAMS);
  router.get('/:objectType/export', requireScope('crm'), async (request, response) => {
    const { workspaceId, actor, key } = callerOf(request);
    const asked = parseInput(exportQuery, request.query);
    const portalId = await namedOrOnlyPortal(deps.pool, workspaceId, asked.portalId, 'portalId');
    const objectType = await typeNamed(
      deps.pool,
      { workspaceId, portalId },
      String(request.params.objectType),
    );
    const of = { workspaceId, portalId, objectType };
    const { records } = await mirrorOf(deps, of);
    const properties = asked.format === 'csv' ? await columnsOf(deps.pool, of, asked) : asked.properties;
    await streams.run(key.id, async () => {
      await auditAndLog(
        { db: deps.pool, logger: deps.logger },
        {
          ...{ workspaceId, actor, operation: 'records.export', portalId, result: 'ok' },
          subject: {
            objectType,
            format: asked.format,
            ...(asked.after !== undefined && { after: asked.after }),
          },
        },
      );
      response.status(200).type(asked.format === 'csv' ? 'text/csv' : 'application/x-ndjson');
      response.set('x-total-records', String(records));
      await send(deps.pool, of, { ...asked, properties }, response);
    });
  });
  return router;
}

/** Those that are named, else all that the portal has. */
async function columnsOf(pool: Pool, of: RecordsOf, { properties }: Asked): Promise<readonly string[]> {
  if (properties) return properties;
  const defined = await definedProperties(forWorkspace(pool, of.workspaceId), of, MOST_PROPERTIES);
  if (defined.length > 0) return defined;
  throw invalidInput([
    {
      path: 'properties',
      message:
        'must name the columns of CSV, with commas between them: which properties the portal has was not read yet',
    },
  ]);
}

async function send(
  pool: Pool,
  of: RecordsOf,
  asked: Omit<Asked, 'properties'> & { readonly properties: readonly string[] | undefined },
  response: Response,
): Promise<void> {
  const { properties: names, format, archived: isArchived } = asked;
  const lineOf = (record: ReturnType<typeof recordAnswer>): string => {
    const kept = names && Object.fromEntries(names.flatMap((name) => kvOf(record.properties, name)));
    if (format === 'ndjson')
      return `${stringifyExactJson({ ...record, properties: kept ?? record.properties })}\n`;
    const times = [record.createdAt, record.modifiedAt].map((time) => time.toISOString());
    return csvRow([record.id, ...times, ...(names ?? []).map((name) => record.properties[name] ?? '')]);
  };
  if (format === 'csv' && asked.after === undefined)
    await write(response, csvRow(['id', 'createdAt', 'modifiedAt', ...(names ?? [])]));
  let after = asked.after;
  for (let more = true; more && !response.closed;) {
    const page = await recordsAfter(pool, of, { after, limit: AT_A_TIME, isArchived });
    await write(response, page.records.map((record) => lineOf(recordAnswer(record))).join(''));
    after = page.records.at(-1)?.id;
    more = page.more && after !== undefined;
  }
  response.end();
}

const kvOf = (properties: Readonly<Record<string, string>>, name: string): [string, string][] => {
  const value = properties[name];
  return value === undefined ? [] : [[name, value]];
};

/** Resolves when more may be written. */
async function write(response: Response, text: string): Promise<void> {
  if (text === '' || response.closed || response.write(text)) return;
  const late = AbortSignal.timeout(TAKES_WITHIN_MS);
  const gone = new AbortController();
  const onClose = (): void => gone.abort();
  response.once('close', onClose);
  try {
    await once(response, 'drain', { signal: AbortSignal.any([late, gone.signal]) });
  } catch (error) {
    // Who has hung up is told nothing.
    if (gone.signal.aborted) return;
    throw new AppError('request_timeout', 'The export was not taken in time', { cause: error });
  } finally {
    response.off('close', onClose);
  }
}
