import { z } from 'zod';
import { count, port, secret } from './values.js';

export const temporalSchema = {
  TEMPORAL_ADDRESS: z.string().min(1).default('127.0.0.1:7233'),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  TEMPORAL_API_KEY: secret.optional(),
  TEMPORAL_TLS: z.stringbool().default(false),
  TEMPORAL_TASK_QUEUE: z.string().min(1).default('sluice'),
  TEMPORAL_METRICS_PORT: port.optional(),
  WORKER_RELEASE_SLOTS: count(1, 10_000).default(1000),
  WORKER_DELIVERY_SLOTS: count(1, 10_000).default(500),
  WORKER_SYNC_SLOTS: count(1, 10_000).default(50),
  WORKER_FEED_SLOTS: count(1, 10_000).default(50),
  WORKER_REGISTER_SLOTS: count(1, 10_000).default(200),
  WORKER_ACTION_SLOTS: count(1, 10_000).default(200),
  WORKER_UPKEEP_SLOTS: count(1, 10_000).default(100),
};
