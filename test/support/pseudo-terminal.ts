import { type ChildProcess, spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { testPython } from './python.ts';
import { until } from './until.ts';

/** Runs a command in a terminal; a line on standard input is a JSON list: what to do, and with what. */
const program = `
import fcntl, json, os, select, signal, struct, sys, termios
def resize(descriptor, rows, columns):
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))
def manners():
    return [bool(termios.tcgetattr(terminal)[3] & flag) for flag in (termios.ECHO, termios.ICANON)]
# The child's end stays open here too, so that what was written to it can be read when the child is gone.
terminal, end = os.openpty()
resize(end, int(sys.argv[1]), int(sys.argv[2]))
child = os.fork()
if child == 0:
    os.setsid()
    fcntl.ioctl(end, termios.TIOCSCTTY, 0)
    for descriptor in (0, 1, 2):
        os.dup2(end, descriptor)
    os.execv(sys.argv[3], sys.argv[3:])
orders = b''
status = None
while status is None:
    readable, _, _ = select.select([terminal, 0], [], [], 0.02)
    if terminal in readable:
        os.write(1, os.read(terminal, 65536))
    if 0 in readable:
        chunk = os.read(0, 65536)
        if not chunk:
            os.kill(child, signal.SIGKILL)
        *lines, orders = (orders + chunk).split(b'\\n')
        for what, *values in map(json.loads, lines):
            if what == 'keys': os.write(terminal, values[0].encode())
            if what == 'size': resize(terminal, *values)
            if what == 'signal': os.kill(child, getattr(signal, values[0]))
    if terminal not in readable:
        pid, ended = os.waitpid(child, os.WNOHANG)
        status = ended if pid else None
print(json.dumps([os.waitstatus_to_exitcode(status), *manners()]), file=sys.stderr)
`;

/** How a command in a terminal ended, and whether the terminal is as shells want it then. */
export interface TerminalEnding {
  readonly code: number;
  readonly echoes: boolean;
  readonly readsLines: boolean;
}

/** A command in a terminal of its own. */
export class PseudoTerminal {
  readonly #child: ChildProcess;
  #output = '';
  #errors = '';
  readonly ended: Promise<TerminalEnding>;

  constructor(
    command: readonly string[],
    rows: number,
    columns: number,
    environment: Readonly<Record<string, string | undefined>> = {},
  ) {
    this.#child = spawn(testPython(), ['-c', program, String(rows), String(columns), ...command], {
      env: { ...process.env, TERM: 'xterm-256color', ...environment },
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text;
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text;
    });
    this.ended = new Promise((resolve, reject) => {
      this.#child.on('close', () => {
        try {
          const [code, echoes, readsLines] = JSON.parse(this.#errors);
          resolve({ code, echoes, readsLines });
        } catch {
          reject(new Error(`the terminal broke: ${this.#errors}`));
        }
      });
    });
    this.ended.catch(() => {});
  }

  /** All that was written to it. */
  get output(): string {
    return this.#output;
  }

  /** The lines of what a program shows that draws all of it from the upper left corner, without colours. */
  get screen(): readonly string[] {
    return stripVTControlCharacters(this.#output.split('\x1b[H').at(-1) ?? '').split(/\r+\n/);
  }

  press(keys: string): void {
    this.#order('keys', keys);
  }

  resize(rows: number, columns: number): void {
    this.#order('size', rows, columns);
  }

  signal(name: 'SIGTERM' | 'SIGHUP' | 'SIGUSR1'): void {
    this.#order('signal', name);
  }

  /** Resolves when the lines that it shows hold for this. */
  async shows(what: RegExp): Promise<void> {
    await until(
      () => what.test(this.screen.join('\n')),
      () => `${what} in the terminal:\n${this.screen.join('\n')}`,
    );
  }

  /** Ends the command, by force. */
  [Symbol.dispose](): void {
    this.#child.stdin?.end();
  }

  #order(...order: readonly unknown[]): void {
    this.#child.stdin?.write(`${JSON.stringify(order)}\n`);
  }
}
