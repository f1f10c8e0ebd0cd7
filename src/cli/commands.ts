import { type OptionName, optionNames } from './option-table.ts';

/** One command of the command line. */
export interface Command {
  readonly name: string;
  /** What is written for it. */
  readonly call: string;
  /** How it is used and what it does, at the head of its help. */
  readonly about: string;
  readonly examples: string;
  readonly options: readonly OptionName[];
}

/** `galley MODULE:ATTR`. */
export const serve: Command = {
  name: 'serve',
  call: 'galley',
  about: `Usage: galley MODULE:ATTR [options]
       galley COMMAND [options]

Serves the Python app ATTR of MODULE, ASGI or WSGI: the HTTP server and the
worker processes that run the app, in one.

Commands, each with a --help of its own:
  galley inspect MODULE:ATTR   import an app and tell what it is
  galley status                how the running Galley is doing, and its workers
  galley top                   the same live
  galley reload                load the app anew
  galley scale NUMBER          change how many workers there are
  galley drain WORKER          replace one worker
  galley stop                  stop
  galley log-level LEVEL       log more or less
`,
  examples: `
Examples:
  galley main:app                        serve app of main.py on 127.0.0.1:8000
  galley main:app --reload               the same, and anew after every change
  galley shop.wsgi -b :80 -w 4           all interfaces, four workers
  galley shop:create_app --factory       an app that a function makes
  galley main:app -b unix:/run/shop      behind another web server
`,
  options: optionNames.filter((name) => !['json', 'pid', 'control'].includes(name)),
};

/** `galley inspect MODULE:ATTR`. */
export const inspect: Command = {
  name: 'inspect',
  call: 'galley inspect',
  about: `Usage: galley inspect MODULE:ATTR [options]

Imports the Python app ATTR of MODULE as serving it would, and tells what was
found: its interface and why, framework, lifespan, Python, how long the import
took and what it left open. Its startup is run with --lifespan on only.
`,
  examples: `
Examples:
  galley inspect main:app                what main.py holds
  galley inspect main:app --json         the same for a program
  galley inspect main:app --lifespan on  run startup and shutdown as well
`,
  options: ['app-dir', 'factory', 'interface', 'lifespan', 'python', 'env-file', 'json', 'help'],
};
