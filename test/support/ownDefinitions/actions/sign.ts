import { createHmac } from 'node:crypto';
import { defineAction, z } from 'sluice';

export const sign = defineAction({
  name: 'sign',
  version: 1,
  input: z.object({ text: z.string() }),
  output: z.object({ signature: z.string(), said: z.string() }),
  labels: { en: { actionName: 'Sign' } },
  secrets: ['SIGNING_KEY'],
  run({ input: { text }, secrets: { SIGNING_KEY }, log }) {
    const said = `Signed with ${SIGNING_KEY}`;
    log.info(said);
    return { signature: createHmac('sha256', SIGNING_KEY).update(text).digest('hex'), said };
  },
});
