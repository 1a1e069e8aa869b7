/*
 * The call of `sluice_capture` as a query class of its own, which `pg` takes as it takes pg-cursor
 * (https://node-postgres.com/apis/cursor). `pg`'s own query would ask the database to describe the result, and make
 * rows of it, for one field that is known to be text; without that an event costs its caller some microseconds less
 * on either side.
 */

const NAME = 'sluice_capture';
export const FUNCTION = 'public.sluice_capture';
export const ARGUMENTS = 'text, text, text, text, bigint, timestamptz, smallint, text';
const TEXT = `SELECT ${FUNCTION}($1, $2, $3, $4, $5, $6, $7, $8)`;

/** What of the connection of a `pg` client is used. */
interface Connection {
  readonly stream: { cork(): void; uncork(): void };
  readonly parsedStatements: Readonly<Record<string, string | undefined>>;
  parse(statement: { name: string; text: string }): void;
  bind(values: { statement: string; values: readonly (string | null)[] }): void;
  execute(): void;
  sync(): void;
}

/** A client of `pg`, which takes query classes. */
export interface SubmittingClient {
  query(submittable: { submit(connection: Connection): void }): unknown;
}

/**
 * Whether this is a client of `pg` that takes query classes: not one of pg-native, nor one that sends its queries
 * ahead.
 */
export function takesSubmittables(client: object): client is SubmittingClient {
  const { connection, pipeline } = client as { connection?: Partial<Connection> | null; pipeline?: unknown };
  return (
    !pipeline &&
    typeof connection === 'object' &&
    connection !== null &&
    [connection.parse, connection.bind, connection.execute, connection.sync].every(
      (method) => typeof method === 'function',
    ) &&
    typeof connection.parsedStatements === 'object' &&
    typeof connection.stream?.cork === 'function'
  );
}

/** What the function returned; rejects with what the database or the connection said. */
export function captureCall(
  client: SubmittingClient,
  values: readonly (string | null)[],
): Promise<string | null> {
  return new Promise((resolve, reject) => {
    client.query(new CaptureCall(values, (error, value) => (error ? reject(error) : resolve(value ?? null))));
  });
}

type Callback = (error: Error | null, value?: string | null) => void;

/** Its fields are those of `pg`'s queries: the client reads and, for a timeout, wraps them. */
class CaptureCall {
  readonly name = NAME;
  readonly text = TEXT;
  private value: string | null = null;

  constructor(
    readonly values: readonly (string | null)[],
    readonly callback: Callback,
  ) {}

  submit(connection: Connection): void {
    connection.stream.cork(); // one packet
    try {
      if (connection.parsedStatements[NAME] === undefined) connection.parse({ name: NAME, text: TEXT });
      connection.bind({ statement: NAME, values: this.values });
      connection.execute();
      connection.sync();
    } finally {
      connection.stream.uncork();
    }
  }

  handleDataRow({ fields: [value] }: { fields: readonly (string | null)[] }): void {
    this.value = value ?? null;
  }

  handleCommandComplete(): void {
    // One row has come; the end is `handleReadyForQuery`.
  }

  handleError(error: Error): void {
    this.callback(error);
  }

  handleReadyForQuery(): void {
    this.callback(null, this.value);
  }
}
