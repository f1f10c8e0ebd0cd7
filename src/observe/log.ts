/** How much is logged: each level includes those before it. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** What is known beside a message; `text` is printed below it, line by line (a traceback). */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>> & { readonly text?: string };

export type Log = Readonly<Record<LogLevel, (message: string, fields?: LogFields) => void>>;

/** The level up to which is logged; it may change. */
export interface LogThreshold {
  level: LogLevel;
}

/** From the least to the most that is logged. */
export const logLevels: readonly LogLevel[] = ['error', 'warn', 'info', 'debug'];

/** A log of one readable line an event, `HH:MM:SS level message key=value`, without control characters (they could forge lines). */
export function createLog(threshold: LogThreshold, write: (text: string) => void, now: () => Date): Log {
  const line = (each: LogLevel): ((message: string, fields?: LogFields) => void) => {
    return (message, fields = {}) => {
      if (logLevels.indexOf(each) > logLevels.indexOf(threshold.level)) return;
      const { text, ...others } = fields;
      const pairs = Object.entries(others).filter(([, value]) => value !== undefined);
      const suffix = pairs.map(([key, value]) => ` ${key}=${quoted(String(value))}`).join('');
      const time = now().toTimeString().slice(0, 8);
      write(`${time} ${each.padEnd(5)} ${printable(message)}${suffix}\n${text ? `${indented(text)}\n` : ''}`);
    };
  };
  return { error: line('error'), warn: line('warn'), info: line('info'), debug: line('debug') };
}

/** The text with every control character but HTAB written as \xHH. */
export function printable(text: string): string {
  return text.replace(/[\x00-\x08\x0a-\x1f\x7f-\x9f]/g, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}

function quoted(value: string): string {
  return /^[\w./:@+-]+$/.test(value) ? value : JSON.stringify(printable(value));
}

function indented(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `    ${printable(line)}`)
    .join('\n');
}
