import { defineAction, field, z } from 'sluice';

/** Answered by its outputs, to workflows and agents. */
export const welcome = defineAction({
  name: 'welcome',
  version: 1,
  input: z.object({
    name: z.string(),
    language: field
      .select({
        options: () => ({
          options: [
            { value: 'en', label: 'English' },
            { value: 'de', label: 'German' },
          ],
        }),
      })
      .optional(),
  }),
  output: z.object({ welcome: z.string() }),
  labels: { en: { actionName: 'Welcome' } },
  answer: 'inline',
  clients: [
    'WORKFLOWS',
    { client: 'AGENTS', toolType: 'GENERATE', description: 'Welcomes somebody by name' },
  ],
  run: ({ input: { name, language } }) => ({
    welcome: `${language === 'de' ? 'Willkommen' : 'Welcome'}, ${name}`,
  }),
});
