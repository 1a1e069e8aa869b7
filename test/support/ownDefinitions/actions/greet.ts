import { ActionFailed, defineAction, z } from 'sluice';

export const greet = defineAction({
  name: 'greet',
  version: 1,
  input: z.object({ name: z.string(), times: z.number().int().max(3).default(1) }),
  output: z.object({ greeting: z.string(), tries: z.number() }),
  labels: { en: { actionName: 'Greet' } },
  retry: { initialMs: 50 },
  async run({ input: { name, times }, once, attempt }) {
    if (name === 'nobody') throw new ActionFailed('no_name', 'There is nobody to greet');
    const greeting = await once('greet', () => Array(times).fill(`Hello, ${name}`).join('! '));
    if (name === 'never') throw new Error('never');
    if (name === 'twice' && attempt === 1) throw new Error('not yet');
    return { greeting, tries: attempt };
  },
});
