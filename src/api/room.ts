import type { RequestHandler, Router } from 'express';
import type { Running } from '../platform/lifecycle.js';

export interface Mount {
  readonly path: string;
  readonly router: Router;
}

/**
 * What a room hands over to the API. A room is made once per process, from the core and what it needs of other rooms.
 */
export interface ApiRoom extends Running {
  /** HubSpot's own calls. They read the raw body, which is what is signed, and stand before everything else. */
  readonly signed?: readonly Mount[];
  /** Pages and probes that need no API key. */
  readonly open?: readonly Mount[];
  /** The routes below /api that need an API key. `body` reads the body where 256 KiB of JSON are not what it takes. */
  readonly keyed?: readonly (Mount & { readonly body?: RequestHandler })[];
}
