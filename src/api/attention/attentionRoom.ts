import type { Config } from '../../platform/config/config.js';
import type { Health } from '../../platform/health.js';
import type { ApiCore } from '../core.js';
import { operationsRouter } from '../http/operationsRouter.js';
import type { ApiRoom } from '../room.js';
import { ATTENTION_OPERATIONS } from './attentionOperations.js';
import { serviceAttention } from './serviceAttention.js';

/** What needs somebody, as the other rooms know it. */
export function createAttentionRoom(
  core: Pick<ApiCore, 'pool' | 'answerCheck' | 'sealing'> & { config: Pick<Config, 'ENCRYPTION_KEYS'> },
  health: Pick<Health, 'problems'>,
  rooms: readonly ApiRoom[],
): ApiRoom {
  const { pool, config } = core;
  const sources = [
    serviceAttention({ health, firstKeyId: config.ENCRYPTION_KEYS[0]?.id ?? '' }),
    ...rooms.flatMap(({ attention = [] }) => attention),
  ];
  const at = (path: '/attention' | '/status') => ({
    path,
    router: operationsRouter(
      path,
      ATTENTION_OPERATIONS.filter((operation) => operation.path === `/api${path}`),
      { pool, sources },
      core,
    ),
  });
  return { keyed: [at('/attention'), at('/status')] };
}
