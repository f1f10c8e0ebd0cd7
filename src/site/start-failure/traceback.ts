/** Where code stands. */
export interface Frame {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** What a Python traceback says. */
export interface Traceback {
  /** The line that names the exception, such as `RuntimeError: no database`; undefined for a text that is no traceback. */
  readonly exception: string | undefined;
  /** In order, the innermost of the last exception at the end. */
  readonly frames: readonly Frame[];
}

/** Before the frames of an exception, or in front of one that has none. */
const beginning =
  /^(Exception Group )?Traceback \(most recent call last\):$|^(The above exception was the direct cause of the following exception|During handling of the above exception, another exception occurred):$/;
const place = /^ {2}File "(.+)", line (\d+)/;

/** Reads what Python's `traceback` module writes, that of exception groups included. */
export function parseTraceback(text: string): Traceback {
  const frames: Frame[] = [];
  let exception: string | undefined;
  for (const line of text.split('\n')) {
    // The lines of an exception in a group begin with a bar.
    const plain = line.replace(/^ *[|+] ?/, '');
    if (beginning.test(plain)) {
      exception = undefined;
      continue;
    }
    // After the exception comes the rest of its message, which may look like anything.
    const [, file, number] = exception === undefined ? (place.exec(plain) ?? []) : [];
    if (file !== undefined) {
      frames.push({ file, line: Number(number) });
    } else if (frames.length > 0 && exception === undefined && /^[^\s|+]/.test(plain)) {
      exception = plain;
    }
  }
  return { exception, frames };
}
