import { z } from 'zod';
import { CONSUMER_NAME } from '../../domain/crm/consumer.js';
import { readPosition } from '../../domain/crm/feedPosition.js';

export const positionSchema = z.string().meta({
  id: 'FeedPosition',
  description: 'A place in the feed of changes; nothing can be read out of it',
  example: '3f0c9a51d2e7.7414.52',
});

/** One that was answered before. */
export const givenPositionSchema = positionSchema.transform((text, context) => {
  const position = readPosition(text);
  if (!position) context.addIssue({ code: 'custom', message: 'must be the `next` of the page before' });
  return position ?? z.NEVER;
});

export const consumerNameSchema = z
  .string()
  .regex(CONSUMER_NAME, 'must be small letters, digits, - and _, and begin with a letter')
  .meta({ id: 'ConsumerName', example: 'warehouse' });
