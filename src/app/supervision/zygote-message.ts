import type { LoadedApp } from './zygote.ts';

/** What a zygote says (control.md). */
export type ZygoteMessage =
  | ({ readonly event: 'loaded' } & LoadedApp)
  | { readonly event: 'failed'; readonly kind: string; readonly message: string; readonly traceback: string }
  | { readonly event: 'forked'; readonly worker: number; readonly pid: number }
  | { readonly event: 'exited'; readonly worker: number; readonly code: number | null; readonly signal: string | null };

type Test = (value: unknown) => boolean;

const isText: Test = (value) => typeof value === 'string';
const isNumber: Test = (value) => typeof value === 'number';
const isFlag: Test = (value) => typeof value === 'boolean';
const isObject: Test = (value) => typeof value === 'object' && value !== null;
const isTextList: Test = (value) => Array.isArray(value) && value.every(isText);
const orNull = (test: Test): Test => {
  return (value) => value === null || test(value);
};
const oneOf = (...choices: readonly string[]): Test => {
  return (value) => choices.some((choice) => choice === value);
};

/** What must be there, by event. */
const shapes: Readonly<Record<ZygoteMessage['event'], Readonly<Record<string, Test>>>> = {
  loaded: {
    interface: oneOf('asgi3', 'asgi2', 'wsgi'),
    reason: isText,
    python: isText,
    implementation: isText,
    gil: oneOf('always', 'on', 'off'),
    milliseconds: isNumber,
    preloaded: isFlag,
    found: isTextList,
    rss: isNumber,
    inspection: (value) => value === undefined || isObject(value),
  },
  failed: { kind: isText, message: isText, traceback: isText },
  forked: { worker: isNumber, pid: isNumber },
  exited: { worker: isNumber, code: orNull(isNumber), signal: orNull(isText) },
};

/** The message in a line; undefined where there is none, since the app shares the process and may write anything. */
export function readZygoteMessage(line: string): ZygoteMessage | undefined {
  const message = parsed(line);
  const event = Object.keys(shapes).find((each) => each === message?.['event']);
  if (!message || !event) return undefined;
  const shape = Object.entries(shapes[event as ZygoteMessage['event']]);
  return shape.every(([name, test]) => test(message[name])) ? (message as unknown as ZygoteMessage) : undefined;
}

function parsed(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}
