import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { audit } from '../../db/audit/audit.js';
import { createDataKeys } from '../../db/secrets/dataKeys.js';
import { deleteDataKeys, workspacesWithKeys } from '../../db/secrets/keyRotation.js';
import { createPool, type Pool } from '../../db/pool.js';
import { inWorkspace } from '../../db/tenant.js';
import { findWorkspace } from '../../db/workspaces/workspaces.js';
import { createKeyring, type Keyring } from '../../secrets/keyring.js';
import { rotateKeys, keyStatuses, type KeyStatus, type Rotation } from '../../secrets/keyRotation.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { createLogger } from '../../platform/logger.js';
import { uuid } from '../arguments.js';
import { destructive, isMeant, touching, type Meant, type Preview } from '../destructive.js';
import { lister, show, verb, type Context } from '../context.js';
import { CliError } from '../errors.js';
import { counted } from '../output.js';

interface Json {
  readonly json?: boolean;
}

const MEANING: Record<KeyStatus['standing'], string> = {
  wraps: 'the first: wraps data keys',
  opens: 'still needed',
  removable: 'nothing needs it: can be removed from ENCRYPTION_KEYS',
  missing: 'needed, and NOT in ENCRYPTION_KEYS',
};

/** These commands work on the database itself, with the keys of the environment: neither passes through the API. */
export function addEncryptionKeys(keys: Command, context: Context): void {
  lister(keys, {
    name: 'list',
    description: 'which keys of ENCRYPTION_KEYS are in use',
    example: 'list',
  }).action(async ({ json }: Json) => {
    const statuses = await withDatabase(context, ({ pool, ring }) => keyStatuses(pool, ring));
    show(context, json, { keys: statuses }, () => describeKeys(context, statuses));
  });

  verb(keys, {
    name: 'rotate',
    description:
      'wrap every data key by the first of ENCRYPTION_KEYS; may be ended and run again at any time',
    example: 'rotate --data-keys',
  })
    .option('--data-keys', 'also make new data keys, and seal every secret anew')
    .option('--dry-run', 'say what would be done')
    .action(
      async ({ dataKeys = false, dryRun = false, json }: Json & { dataKeys?: boolean; dryRun?: boolean }) => {
        const rotation = await withDatabase(context, async ({ pool, ring }) => {
          // Before anything is done: a rotation that is ended half way is on record as well.
          if (!dryRun)
            await auditRotation(pool, ring, { subject: { dataKeys, step: 'begun' }, result: 'ok' });
          const done = await rotateKeys(
            { pool, ring, dataKeys: createDataKeys(pool) },
            { dataKeys, dryRun, say: context.say, sleep: (ms) => delay(ms) },
          );
          crashPoint('secrets.rotation.done');
          const result = done.problems.length === 0 ? 'ok' : 'partial';
          if (!dryRun) await auditRotation(pool, ring, { subject: { dataKeys }, result });
          return done;
        });
        show(context, json, rotation, () => describeRotation(context, rotation));
        if (rotation.problems.length > 0)
          throw new CliError(`${rotation.problems.length} could not be done; mend that and run it again`);
      },
    );

  destructive(
    verb(keys, {
      name: 'shred',
      description:
        "delete a workspace's data keys: its secrets cannot be read any more, but from a backup of before",
      example: 'shred 9027efe2-1c2f-4a55-9a2c-8f4d3b6d7c11',
    }),
  )
    .argument('<workspaceId>', 'its id, as `sluice workspaces list` shows it', uuid)
    .action(async (workspaceId: string, options: Meant) => {
      const { json } = options;
      const look = () => withDatabase(context, ({ pool }) => shredPreview(pool, workspaceId));
      if (!(await isMeant(context, options, look))) return;
      const deleted = await withDatabase(context, ({ pool }) => shred(pool, workspaceId));
      show(
        context,
        json,
        { deleted },
        () => `Deleted ${counted(deleted, 'data key')} of workspace ${workspaceId}`,
      );
    });
}

/** Adds an entry to the chain of each workspace whose secrets were touched. */
async function auditRotation(
  pool: Pool,
  ring: Keyring,
  { subject, result }: { subject: Record<string, unknown>; result: 'ok' | 'partial' },
): Promise<void> {
  for (const workspaceId of await workspacesWithKeys(pool)) {
    const operation = 'keys.rotate';
    await audit(pool, {
      ...{ workspaceId, actor: 'cli', operation, subject: { keyId: ring.first, ...subject }, result },
    });
    crashPoint('secrets.rotation.audited');
  }
}

async function shredPreview(pool: Pool, workspaceId: string): Promise<Preview> {
  const workspace = await inWorkspace(pool, workspaceId, (client) => findWorkspace(client, workspaceId));
  if (!workspace) throw new CliError(`There is no workspace ${workspaceId}: see \`sluice workspaces list\``);
  return touching(
    `Makes every secret of workspace ${workspaceId} (${workspace.name}) unreadable for good: the tokens of its portals, its notify secret, what it has sealed. It cannot be undone`,
    [],
  );
}

/** The audit entry is committed together with the deletion: the chain outlives the secrets. */
function shred(pool: Pool, workspaceId: string): Promise<number> {
  return inWorkspace(pool, workspaceId, async (client) => {
    const deleted = await deleteDataKeys(client, workspaceId);
    await audit(client, {
      workspaceId,
      actor: 'cli',
      operation: 'keys.shred',
      subject: { deleted },
      result: 'ok',
    });
    return deleted;
  });
}

async function withDatabase<T>(
  context: Context,
  work: (tools: { pool: Pool; ring: Keyring }) => Promise<T>,
): Promise<T> {
  const env = context.operator();
  const logger = createLogger({ LOG_LEVEL: 'warn', LOG_FORMAT: 'pretty' }, 'keys');
  const pool = createPool(
    { DATABASE_URL: env.DATABASE_ADMIN_URL, DATABASE_POOL_SIZE: 3 },
    { applicationName: 'sluice-keys', logger, statementTimeoutMs: 60_000, role: 'sluice_system' },
  );
  try {
    return await work({ pool, ring: createKeyring(env.ENCRYPTION_KEYS) });
  } finally {
    await pool.end();
  }
}

function describeKeys(context: Context, keys: readonly KeyStatus[]): string {
  return context.table(
    ['key', 'wraps data keys', 'sealed itself', 'standing'],
    keys.map((one) => [one.keyId, one.dataKeys, one.values, MEANING[one.standing]]),
  );
}

function describeRotation(context: Context, rotation: Rotation): string {
  const work = rotation.dryRun
    ? `Would wrap ${counted(rotation.toRewrap, 'data key')} anew, and seal ${counted(rotation.oldForm + rotation.underRetired, 'value')} anew; ` +
      `in use: ${counted(rotation.currentDataKeys, 'data key')}`
    : `Wrapped ${counted(rotation.rewrapped, 'data key')} anew, made ${rotation.newDataKeys}, ` +
      `sealed ${counted(rotation.resealed, 'value')} anew, removed ${counted(rotation.removedDataKeys, 'data key')} that nothing needs`;
  return [
    work,
    ...rotation.problems.map((problem) => `Not done: ${problem}`),
    describeKeys(context, rotation.keys),
  ].join('\n');
}
