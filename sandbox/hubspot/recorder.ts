/** One recorded request to the API. */
export interface RecordedRequest {
  n: number;
  /** When the whole request had arrived, in monotonic milliseconds. */
  atMs: number;
  portalId: number | null;
  method: string;
  path: string;
  bodySha256: string | null;
  /** 0 while there is no answer. */
  status: number;
  /** Whether the whole answer was handed to the network. */
  delivered: boolean;
  ms: number | null;
  /** A call of another client, made through the control API. */
  foreign: boolean;
}

const PER_CHUNK = 8_192;
const HASH_BYTES = 32;

/** Columns instead of objects, so that half a million requests take about 60 MB. */
class Chunk {
  readonly at = new Float64Array(PER_CHUNK);
  readonly portal = new Float64Array(PER_CHUNK);
  readonly status = new Uint16Array(PER_CHUNK);
  readonly ms = new Float32Array(PER_CHUNK);
  readonly flags = new Uint8Array(PER_CHUNK);
  readonly methods: string[] = [];
  readonly paths: string[] = [];
  readonly hashes = Buffer.alloc(PER_CHUNK * HASH_BYTES);
}

const DELIVERED = 1;
const HASHED = 2;
const ENDED = 4;
const FOREIGN = 8;

export interface Arrival {
  atMs: number;
  portalId: number | null;
  method: string;
  path: string;
  bodyHash?: Buffer | undefined;
  foreign?: boolean;
}

/** Keeps the latest `capacity` requests or a few more: the oldest are dropped by the chunk. */
export class Recorder {
  private readonly chunks = new Map<number, Chunk>();
  private count = 0;

  constructor(private readonly capacity = 64 * PER_CHUNK) {}

  get total(): number {
    return this.count;
  }

  begin(arrival: Arrival): number {
    const n = this.count;
    this.count += 1;
    const chunkNumber = Math.floor(n / PER_CHUNK);
    const at = n % PER_CHUNK;
    let chunk = this.chunks.get(chunkNumber);
    if (!chunk) {
      chunk = new Chunk();
      this.chunks.set(chunkNumber, chunk);
      this.chunks.delete(chunkNumber - Math.ceil(this.capacity / PER_CHUNK) - 1);
    }
    chunk.at[at] = arrival.atMs;
    chunk.portal[at] = arrival.portalId ?? NaN;
    chunk.methods[at] = arrival.method;
    chunk.paths[at] = arrival.path;
    let flags = arrival.foreign ? FOREIGN : 0;
    if (arrival.bodyHash) {
      arrival.bodyHash.copy(chunk.hashes, at * HASH_BYTES);
      flags |= HASHED;
    }
    chunk.flags[at] = flags;
    return n;
  }

  end(n: number, status: number, delivered: boolean, endedAtMs: number): void {
    const chunk = this.chunks.get(Math.floor(n / PER_CHUNK));
    if (!chunk) return;
    const at = n % PER_CHUNK;
    chunk.status[at] = status;
    chunk.ms[at] = endedAtMs - (chunk.at[at] ?? endedAtMs);
    chunk.flags[at] = (chunk.flags[at] ?? 0) | ENDED | (delivered ? DELIVERED : 0);
  }

  get(n: number): RecordedRequest | undefined {
    const chunk = n < this.count ? this.chunks.get(Math.floor(n / PER_CHUNK)) : undefined;
    if (!chunk) return undefined;
    const at = n % PER_CHUNK;
    const flags = chunk.flags[at] ?? 0;
    const portalId = chunk.portal[at] ?? NaN;
    return {
      n,
      atMs: chunk.at[at] ?? 0,
      portalId: Number.isNaN(portalId) ? null : portalId,
      method: chunk.methods[at] ?? '',
      path: chunk.paths[at] ?? '',
      bodySha256:
        flags & HASHED ? chunk.hashes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES).toString('hex') : null,
      status: chunk.status[at] ?? 0,
      delivered: (flags & DELIVERED) !== 0,
      ms: flags & ENDED ? Math.round((chunk.ms[at] ?? 0) * 1000) / 1000 : null,
      foreign: (flags & FOREIGN) !== 0,
    };
  }

  /** The requests after `after` in order of arrival; -1 starts with the oldest that is kept. */
  list(after: number, limit: number, portalId?: number): { items: RecordedRequest[]; next: number } {
    const items: RecordedRequest[] = [];
    let n = Math.max(after + 1, this.oldest());
    for (; n < this.count && items.length < limit; n += 1) {
      const request = this.get(n);
      if (request && (portalId === undefined || request.portalId === portalId)) items.push(request);
    }
    return { items, next: n - 1 };
  }

  /** The last `limit` requests, the newest first. */
  latest(limit: number): RecordedRequest[] {
    return this.list(this.count - 1 - limit, limit).items.reverse();
  }

  private oldest(): number {
    const first = this.chunks.keys().next();
    return first.done ? 0 : first.value * PER_CHUNK;
  }
}
