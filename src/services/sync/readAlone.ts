/*
 * A record by itself. A batch read shows it with all its properties; where that leaves it out though it is there, it is
 * read by its address, which takes no more names than fit into it.
 */

/** What is found of a record that HubSpot refuses to show, whoever asks: it is set aside, and may be there. */
export const REFUSED = 'refused';

/** So many records are asked for one by one at the same time. */
const AT_A_TIME = 10;

/** What `read` gives for each, without those of which there is nothing. */
export async function fewAtATime<T>(
  ids: readonly string[],
  read: (id: string) => Promise<T | undefined>,
): Promise<{ readonly id: string; readonly found: T | undefined }[]> {
  const all: { readonly id: string; readonly found: T | undefined }[] = [];
  for (let at = 0; at < ids.length; at += AT_A_TIME)
    all.push(
      ...(await Promise.all(
        ids.slice(at, at + AT_A_TIME).map(async (id) => ({ id, found: await read(id) })),
      )),
    );
  return all;
}

/** Names in as many parts as addresses with so many characters of names need; one at least. */
export function inParts(names: readonly string[], most: number): readonly (readonly string[])[] {
  const parts: string[][] = [[]];
  let length = 0;
  for (const name of names) {
    const own = encodeURIComponent(`${name},`).length;
    const last = parts.at(-1);
    if (!last || (length + own > most && last.length > 0)) {
      parts.push([name]);
      length = own;
    } else {
      last.push(name);
      length += own;
    }
  }
  return parts;
}

interface Part {
  readonly properties: Readonly<Record<string, string | null | undefined>>;
  readonly updatedAt: string;
}

/**
 * One record of parts of it that were read one after the other. It has the oldest of their times: what was modified
 * between two of them is read again by its new one.
 */
export function together<P extends Part>(parts: readonly [P, ...P[]]): P {
  const [first, ...others] = parts;
  return others.reduce<P>(
    (whole, part) => ({
      ...whole,
      properties: { ...whole.properties, ...part.properties },
      updatedAt: Date.parse(part.updatedAt) < Date.parse(whole.updatedAt) ? part.updatedAt : whole.updatedAt,
    }),
    first,
  );
}
