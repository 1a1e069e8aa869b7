import { defineAction, defineConfig, z } from 'sluice';

/** What `npm run bench -- registered` has Sluice know: so many actions as REGISTERED says, all alike. */
const act = (number) =>
  defineAction({
    name: `act-${number}`,
    version: 1,
    input: z.object({ model: z.string() }),
    output: z.object({ model: z.string() }),
    labels: { en: { actionName: `Act ${number}` } },
    run: ({ input: { model } }) => ({ model }),
  });

export default defineConfig({
  actions: Array.from({ length: Number(process.env.REGISTERED) }, (_, n) => act(n + 1)),
});
