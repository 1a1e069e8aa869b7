import { defineAction, z } from 'sluice';

/** Answered by its outputs, to workflows and agents. */
export const welcome = defineAction({
  name: 'welcome',
  version: 1,
  input: z.object({ name: z.string() }),
  output: z.object({ welcome: z.string() }),
  labels: { en: { actionName: 'Welcome' } },
  answer: 'inline',
  clients: [
    'WORKFLOWS',
    { client: 'AGENTS', toolType: 'GENERATE', description: 'Welcomes somebody by name' },
  ],
  async run({ input: { name }, once }) {
    return { welcome: await once('welcome', () => `Welcome, ${name}`) };
  },
});
