import { Writable } from 'node:stream';
import type { ReadStream } from 'node:tty';

/** Asks for a line of which nothing is shown. Who ends the input instead of answering has said nothing. */
export function askUnseenAt(
  input: ReadStream,
  output: NodeJS.WritableStream,
): (question: string) => Promise<string> {
  return async (question) => {
    const { createInterface } = await import('node:readline');
    output.write(question);
    // On a terminal the line is edited by readline, which shows it where it writes: nowhere.
    const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
    const lines = createInterface({ input, output: nowhere, terminal: true });
    try {
      return await new Promise<string>((resolve) => {
        lines.once('close', () => resolve(''));
        lines.once('line', resolve);
      });
    } finally {
      lines.close();
      output.write('\n');
    }
  };
}
