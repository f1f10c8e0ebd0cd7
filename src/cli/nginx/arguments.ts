/** What `nginx -s` takes. */
export type NginxCommand = 'stop' | 'quit' | 'reopen' | 'reload';

const commands: readonly string[] = ['stop', 'quit', 'reopen', 'reload'];

/** What the arguments of `nginx` say. */
export interface NginxArguments {
  /** `-v`, and with `-V` and `-h` too. */
  readonly showsVersion: boolean;
  /** `-V`. */
  readonly showsConfigure: boolean;
  /** `-h`, `-?`. */
  readonly showsHelp: boolean;
  /** `-t`, `-T`. */
  readonly tests: boolean;
  /** `-T`. */
  readonly dumps: boolean;
  /** `-q`. */
  readonly isQuiet: boolean;
  /** `--lenient`, which nginx does not have: what Galley does not have is dropped with a warning. */
  readonly isLenient: boolean;
  /** `-p`. */
  readonly prefix?: string;
  /** `-c`. */
  readonly configFile?: string;
  /** `-e`. */
  readonly errorLog?: string;
  /** `-g`. */
  readonly directives?: string;
  /** `-s`. */
  readonly command?: NginxCommand;
}

/** An argument that nginx does not take; the message is nginx's. */
export class NginxUsageError extends Error {}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Options with a value, joined to them or as the next argument, and what nginx calls the value. */
const valued: Readonly<
  Record<string, readonly [name: 'prefix' | 'configFile' | 'errorLog' | 'directives', value: string]>
> = {
  p: ['prefix', 'directory name'],
  c: ['configFile', 'file name'],
  e: ['errorLog', 'file name'],
  g: ['directives', 'parameter'],
};

/** Reads arguments as nginx does, and `--lenient`. Throws {@link NginxUsageError}. */
export function parseNginxArguments(argv: readonly string[]): NginxArguments {
  const given: Mutable<NginxArguments> = {
    showsVersion: false,
    showsConfigure: false,
    showsHelp: false,
    tests: false,
    dumps: false,
    isQuiet: false,
    isLenient: false,
  };
  const rest = argv.values();
  for (const argument of rest) {
    if (!argument.startsWith('-')) throw new NginxUsageError(`invalid option: "${argument}"`);
    if (argument === '--lenient') {
      given.isLenient = true;
      continue;
    }
    for (let at = 1; at < argument.length; at++) {
      const letter = argument[at] as string;
      if (applyFlag(letter, given)) continue;
      const joined = argument.slice(at + 1);
      const value = joined === '' ? rest.next().value : joined;
      applyValue(letter, value, given);
      break;
    }
  }
  return given;
}

/** Whether it is an option without a value. */
function applyFlag(letter: string, given: Mutable<NginxArguments>): boolean {
  switch (letter) {
    case '?':
    case 'h':
      given.showsVersion = true;
      given.showsHelp = true;
      return true;
    case 'v':
      given.showsVersion = true;
      return true;
    case 'V':
      given.showsVersion = true;
      given.showsConfigure = true;
      return true;
    case 't':
      given.tests = true;
      return true;
    case 'T':
      given.tests = true;
      given.dumps = true;
      return true;
    case 'q':
      given.isQuiet = true;
      return true;
    default:
      return false;
  }
}

function applyValue(letter: string, value: string | undefined, given: Mutable<NginxArguments>): void {
  if (letter === 's') {
    if (value === undefined) throw new NginxUsageError('option "-s" requires parameter');
    if (!isCommand(value)) throw new NginxUsageError(`invalid option: "-s ${value}"`);
    given.command = value;
    return;
  }
  const [name, what] = valued[letter] ?? [];
  if (name === undefined) throw new NginxUsageError(`invalid option: "${letter}"`);
  if (value === undefined) throw new NginxUsageError(`option "-${letter}" requires ${what}`);
  given[name] = value;
}

function isCommand(text: string): text is NginxCommand {
  return commands.includes(text);
}
