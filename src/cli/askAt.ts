/** Asks a question in a line. Who ends the input instead of answering has said nothing. */
export function askAt(
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): (question: string) => Promise<string> {
  return async (question) => {
    const { createInterface } = await import('node:readline');
    const lines = createInterface({ input, output });
    try {
      return await new Promise<string>((resolve) => {
        lines.once('close', () => resolve(''));
        lines.question(question, resolve);
      });
    } finally {
      lines.close();
    }
  };
}
