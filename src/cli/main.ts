import { ServingError } from '../server/serving.ts';
import { version } from '../server/version.ts';
import { inspect } from './inspect.ts';
import { type CommandLine, parseCommandLine } from './options.ts';
import { run } from './run.ts';
import type { ServeCommand } from './serve-command.ts';
import { serveOptions } from './serve-options.ts';
import { written } from './written.ts';

const usageError = 2;

async function serve(command: ServeCommand): Promise<number> {
  try {
    return await run(await serveOptions(command));
  } catch (error) {
    if (!(error instanceof ServingError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

/** Runs the command line and gives the exit code. Commands that need much are loaded when they are called: the others start faster. */
export async function main(argv: readonly string[]): Promise<number> {
  const [name, ...others] = argv;
  if (name === 'nginx') return (await import('./nginx/nginx.ts')).nginx(others);
  const command = parseCommandLine([...argv]);
  // A server that ends waits for no reader.
  if (command.kind === 'serve') return serve(command.command);
  const code = await runCommand(command);
  await written();
  return code;
}

async function runCommand(command: Exclude<CommandLine, { readonly kind: 'serve' }>): Promise<number> {
  switch (command.kind) {
    case 'help':
      process.stdout.write(command.text);
      return 0;
    case 'version':
      process.stdout.write(`galley ${version}\n`);
      return 0;
    case 'error':
      process.stderr.write(`galley: ${command.message}\n`);
      return usageError;
    case 'control':
      // A command in the background waits for its terminal as any other does.
      for (const signal of ['SIGTTIN', 'SIGTTOU']) process.removeAllListeners(signal);
      return command.run();
    case 'inspect':
      return inspect(command.app, command.json);
    case 'check':
      return (await import('./check.ts')).runCheck(command.path, { lenient: command.isLenient });
    case 'convert':
      return (await import('./convert.ts')).runConvert(command.path, { lenient: command.isLenient });
  }
}
