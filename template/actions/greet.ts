import { defineAction, z } from 'sluice';

/** A step of a workflow: it greets by name, and later steps can use what it says. */
export const greet = defineAction({
  name: 'greet',
  version: 1,
  input: z.object({ name: z.string().min(1) }),
  output: z.object({ greeting: z.string() }),
  labels: { en: { actionName: 'Greet', inputFieldLabels: { name: 'Name' } } },
  run: ({ input }) => ({ greeting: `Hello, ${input.name}` }),
});
