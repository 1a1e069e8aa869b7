import { randomBytes, randomUUID } from 'node:crypto';
import type { z } from 'zod';
import {
  changeConsumer,
  createConsumer,
  findConsumer,
  lastPlace,
  lockConsumer,
  type Consumer,
} from '../../db/crm/consumers.js';
import type { Pool } from '../../db/pool.js';
import { forWorkspace } from '../../db/tenant.js';
import { MOST_CONSUMERS } from '../../domain/crm/consumer.js';
import type { Config } from '../../platform/config/config.js';
import { AppError } from '../../platform/errors.js';
import type { Logger } from '../../platform/logger.js';
import { Secret } from '../../platform/secret.js';
import { consumerSecretContext } from '../../secrets/encryptionContext.js';
import type { Sealing } from '../../secrets/sealing.js';
import type { FeedPlaces } from '../../services/crm/feedPlaces.js';
import { inAuditedTransaction } from '../http/auditRequest.js';
import { requireMatch } from '../http/entityTag.js';
import type { Caller } from '../http/operation.js';
import { consumerTag, type consumerSettingsSchema } from './consumerAnswers.js';

export interface ConsumerDependencies {
  readonly pool: Pool;
  readonly config: Pick<Config, 'NODE_ENV' | 'PUBLIC_URL'>;
  readonly sealing: Sealing;
  readonly logger: Logger;
}

export interface Setting {
  readonly name: string;
  readonly ifMatch: string | undefined;
  readonly settings: z.output<typeof consumerSettingsSchema>;
}

export interface SetConsumer {
  readonly set: Consumer;
  /** The secret that was made for it. */
  readonly made: string | undefined;
}

/** Others may make it, delete it or make it again at the same moment: so often it is looked at anew. */
const TRIES = 5;

/** Between the look at it and its lock it was made, or deleted. */
class Overtaken extends Error {}

/** Makes a consumer, or sets what it wants, whoever else does so at the same moment: each in its turn. */
export async function setConsumer(
  deps: ConsumerDependencies,
  caller: Caller,
  setting: Setting,
  places: FeedPlaces,
): Promise<SetConsumer> {
  for (let left = TRIES; ; left -= 1) {
    try {
      return await setOnce(deps, caller, setting, places);
    } catch (error) {
      if (!(error instanceof Overtaken)) throw error;
      if (left <= 1)
        throw new AppError(
          'conflict',
          `The consumer ${setting.name} is made and deleted at the same moment: ask again`,
        );
    }
  }
}

async function setOnce(
  deps: ConsumerDependencies,
  caller: Caller,
  { name, ifMatch, settings: { secret: givenSecret, from, ...settings } }: Setting,
  places: FeedPlaces,
): Promise<SetConsumer> {
  const { pool, sealing } = deps;
  const { workspaceId } = caller;
  const before = await findConsumer(forWorkspace(pool, workspaceId), workspaceId, name);
  const id = before?.id ?? randomUUID();
  const isWebhook = settings.sink === 'webhook';
  const made =
    isWebhook && givenSecret === undefined && !before?.hasSecret
      ? `whsec_${randomBytes(32).toString('base64url')}`
      : undefined;
  const secret = givenSecret ?? made;
  // Sealed before the transaction: it may need a connection of its own.
  const sealed =
    secret === undefined
      ? undefined
      : await sealing.seal(new Secret(secret), consumerSecretContext(workspaceId, id));
  const set = await inAuditedTransaction(deps, caller, async (client, note) => {
    await lockConsumer(client, workspaceId, name);
    const now = await findConsumer(client, workspaceId, name);
    requireMatch(ifMatch, now && consumerTag(now), 'consumer');
    if (now?.sink === 'handler')
      throw new AppError('conflict', `${name} is a handler: what it wants stands in sluice.config.ts`);
    // Its secret is sealed under its id, and made where it has none.
    if (now?.id !== before?.id || now?.hasSecret !== before?.hasSecret) throw new Overtaken();
    if (now)
      await changeConsumer(client, workspaceId, id, { ...settings, secret: isWebhook ? sealed : null });
    else {
      const place =
        from === 'now'
          ? await lastPlace(client, workspaceId, places.now)
          : { ...places.beginning, generation: Math.min(1, places.now) };
      const isMade = await createConsumer(client, workspaceId, {
        ...{ id, name, place, secret: sealed ?? null },
        ...settings,
      });
      if (!isMade && (await findConsumer(client, workspaceId, name))) throw new Overtaken();
      if (!isMade)
        throw new AppError(
          'conflict',
          `A workspace has ${MOST_CONSUMERS} consumers at most: delete one first`,
        );
    }
    // Its host and no more: paths of such URLs are often secrets.
    note(now ? 'consumer.change' : 'consumer.create', {
      ...{ consumer: name, sink: settings.sink },
      ...(settings.url !== null && { host: new URL(settings.url).host }),
    });
    const found = await findConsumer(client, workspaceId, name);
    if (!found) throw new Overtaken();
    return found;
  });
  return { set, made };
}
