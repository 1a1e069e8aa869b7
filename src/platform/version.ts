import { createRequire } from 'node:module';

const { version, engines } = createRequire(import.meta.url)('../../package.json') as {
  version: string;
  engines: { node: string };
};

/** Of this code, as package.json says. */
export const VERSION = version;
/** The oldest Node that it takes: `>=20.19`. */
export const NODE_RANGE = engines.node;
