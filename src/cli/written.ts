/** All is written that was said on standard output and error, or cannot be any more: exiting before cuts what a pipe does not hold yet. */
export async function written(): Promise<void> {
  await Promise.all([process.stdout, process.stderr].map(drained));
}

function drained(stream: NodeJS.WriteStream): Promise<void> | undefined {
  if (stream.writableLength === 0) return undefined;
  return new Promise((resolve) => {
    // Who reads it has gone, as `head` does.
    stream.once('error', () => resolve());
    stream.write('', () => resolve());
  });
}
