import { writeFileSync } from 'node:fs';
import { commandTable } from './commandTable.js';

// A step of `npm run build`: bin/complete.mjs reads it.
writeFileSync(new URL('commands.json', import.meta.url), JSON.stringify(await commandTable()));
