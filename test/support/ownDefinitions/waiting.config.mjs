import { defineAction, defineConfig, z } from 'sluice';

const HANDLER_MS = 20;

/** What `npm run bench -- actions` has Sluice run: a handler that waits, as for a partner's answer. */
export default defineConfig({
  actions: [
    defineAction({
      name: 'wait',
      version: 1,
      input: z.object({ name: z.string() }),
      output: z.object({ greeting: z.string() }),
      labels: { en: { actionName: 'Wait' } },
      async run({ input: { name } }) {
        await new Promise((resolve) => setTimeout(resolve, HANDLER_MS));
        return { greeting: `Hello, ${name}` };
      },
    }),
  ],
});
