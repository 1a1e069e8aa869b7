import { lookup as resolveName } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { isPublicAddress } from './isPublicAddress.js';

export type ResolveName = (name: string) => Promise<{ address: string; family: number }[]>;

/** A name leads into a network that is not public. */
export class NotPublic extends Error {
  override readonly name = 'NotPublic';
}

/**
 * For a socket that connects to a host that others have named: the name is resolved once, all its addresses are
 * checked, and the socket connects to the one that is answered here.
 */
export function vettedLookup({
  allowPrivate,
  resolve = resolveAll,
}: {
  readonly allowPrivate: boolean;
  readonly resolve?: ResolveName;
}): LookupFunction {
  return (name, options, answer) => {
    resolve(name).then(
      (found) => {
        const [first] = found;
        // One bad address among good ones is a trick, not a mistake.
        if (!first || (!allowPrivate && !found.every(({ address }) => isPublicAddress(address))))
          return answer(new NotPublic('The host name resolves to an address of a private network'), '', 4);
        if (options.all) answer(null, [first]);
        else answer(null, first.address, first.family);
      },
      (error: unknown) => answer(error instanceof Error ? error : new Error(String(error)), '', 4),
    );
  };
}

function resolveAll(name: string): Promise<{ address: string; family: number }[]> {
  return new Promise((resolve, reject) =>
    resolveName(name, { all: true }, (error, addresses) => (error ? reject(error) : resolve(addresses))),
  );
}
