import { defineAction, defineConfig, field, z } from 'sluice';

/** What `npm run bench -- inline` calls: a handler, and options, that take no time themselves. */
const greet = defineAction({
  name: 'greet',
  version: 1,
  input: z.object({
    name: z.string(),
    language: field.select({ options: () => ({ options: [{ value: 'en', label: 'English' }] }) }).optional(),
  }),
  output: z.object({ greeting: z.string() }),
  labels: { en: { actionName: 'Greet' } },
  answer: 'inline',
  run: ({ input }) => ({ greeting: `Hello, ${input.name}` }),
});

export default defineConfig({ actions: [greet] });
