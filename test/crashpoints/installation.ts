import { readMark } from '../../src/temporal/installation/mark.js';
import { connectTemporal } from '../../src/temporal/connection.js';
import type { Stack } from '../support/stack.js';
import { command, runToEnd } from './command.js';
import type { CrashRoom, Load } from './crashRoom.js';

const installationsOf = async ({ pool }: Stack): Promise<string[]> => {
  const { rows } = await pool.query<{ id: string }>('SELECT id FROM installations ORDER BY from_event_id');
  return rows.map(({ id }) => id);
};

/** Somebody says that the database was restored: it is another installation from then on, also to Temporal. */
const restored: Load['prepare'] = async (stack) => {
  const before = await installationsOf(stack);
  const process = command(stack, ['installation', 'restored']);
  return {
    process,
    begin: () => Promise.resolve(),
    afterDeath: () => runToEnd(process),
    ended: () => Promise.resolve(true),
    async judge() {
      const now = await installationsOf(stack);
      const temporal = connectTemporal({
        TEMPORAL_ADDRESS: stack.env.TEMPORAL_ADDRESS!,
        TEMPORAL_NAMESPACE: stack.env.TEMPORAL_NAMESPACE!,
        TEMPORAL_TASK_QUEUE: 'unused',
        TEMPORAL_TLS: false,
        TEMPORAL_API_KEY: undefined,
      });
      const mark = await readMark(temporal);
      await temporal.close();
      const latest = now.at(-1);
      return {
        problems: [
          ...(now.length > before.length ? [] : ['It is the installation that it was before']),
          ...(mark?.installation === latest
            ? []
            : [`Temporal knows ${mark?.installation}, the database ${latest}`]),
        ],
        figures: [['installations', now.length]],
      };
    },
  };
};

export const installation: CrashRoom = {
  name: 'installation',
  loads: [
    {
      name: 'a restored database takes another id',
      process: 'worker',
      reaches: ['installation.change.adopted'],
      prepare: restored,
    },
  ],
};
