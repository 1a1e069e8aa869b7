import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';

/** A row of a mirror, as the sandbox compares it with what there is. */
export interface MirrorRow {
  readonly objectType: string;
  readonly id: string;
  readonly properties: Readonly<Record<string, string | null>>;
}

/** What a loader makes of all rows that a peer has shown: each replaces the one before with its id. */
export interface PeerMirror {
  readonly rows: ReadonlyMap<string, MirrorRow>;
  /** `company>contact` */
  readonly pairs: ReadonlySet<string>;
  /** Runs the peer from where it was, for so long at most. Returns how that ended. */
  run(limitMs: number): Promise<string>;
}

interface Message {
  readonly type: string;
  readonly stream?: string;
  readonly record?: Shown;
  readonly value?: object;
}
interface Shown {
  readonly id?: string;
  readonly properties?: Readonly<Record<string, string | null>>;
  readonly associations?: Readonly<Record<string, { readonly results: readonly { readonly id: string }[] }>>;
  readonly from_id?: string;
  readonly to_id?: string;
}

/** A peer that writes lines of JSON, as Singer's taps do: rows, and states to go on from. */
export function createPeerMirror(start: (state: unknown) => ChildProcess): PeerMirror {
  const rows = new Map<string, MirrorRow>();
  const pairs = new Set<string>();
  let state: unknown;
  let isFirstPair = true;

  function take({ type, stream = '', record, value }: Message): void {
    if (type === 'STATE') state = { ...(state as object | undefined), ...value };
    if (type !== 'RECORD' || !record) return;
    const { id, properties, from_id: from, to_id: to } = record;
    if (from !== undefined && to !== undefined) {
      // Associations are read as a whole each time: a loader that replaces them is assumed.
      if (isFirstPair) pairs.clear();
      isFirstPair = false;
      pairs.add(`${from}>${to}`);
    }
    if (id === undefined || !properties) return;
    rows.set(`${stream}/${id}`, { objectType: stream, id, properties });
    for (const { id: contact } of record.associations?.['contacts']?.results ?? [])
      pairs.add(`${id}>${contact}`);
    for (const { id: company } of record.associations?.['companies']?.results ?? [])
      pairs.add(`${company}>${id}`);
  }

  return {
    rows,
    pairs,
    async run(limitMs) {
      isFirstPair = true;
      const child = start(state);
      const exited = once(child, 'exit') as Promise<[number | null]>;
      const errors = text(child.stderr!);
      const timer = setTimeout(() => void child.kill('SIGKILL'), limitMs);
      for await (const line of createInterface({ input: child.stdout! })) {
        // Its last line may be cut off where it is ended.
        const message = parsed(line);
        if (message) take(message);
      }
      const [code] = await exited;
      clearTimeout(timer);
      if (code === null) return `no end in ${limitMs / 1000} s`;
      if (code === 0) return 'ended';
      const said = (await errors).trim().split('\n');
      return `failed: ${said.find((line) => /Error|message/.test(line)) ?? said.at(-1) ?? ''}`.slice(0, 200);
    },
  };
}

function parsed(line: string): Message | undefined {
  try {
    return JSON.parse(line) as Message;
  } catch {
    return undefined;
  }
}
