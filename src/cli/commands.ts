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
       galley FOLDER [options]
       galley URL [options]
       galley -c FILE [options]
       galley COMMAND [options]

Serves the Python app ATTR of MODULE, ASGI or WSGI: the HTTP server and the
worker processes that run the app, in one. Or the files of a folder. Or what
another server answers, as a reverse proxy. Or all of it at once, as a config
says.

Commands, each with a --help of its own:
  galley check FILE            find out whether a config is good
  galley convert FILE          print an nginx.conf as a galley.config.ts
  galley nginx                 nginx's own command line: -c, -t, -s reload, …
  galley inspect MODULE:ATTR   import an app and tell what it is
  galley status                how the running Galley is doing, and its workers
  galley top                   the same live
  galley reload                read the config again, load the app anew
  galley scale NUMBER          change how many workers there are
  galley drain WORKER          replace one worker
  galley upstreams             how the members of upstreams do, and change them
  galley caches                what caches keep, and how often that is of use
  galley purge CACHE           remove what a cache keeps
  galley certificates          whose end when; get new ones, or revoke them
  galley stop                  stop
  galley log-level LEVEL       log more or less
`,
  examples: `
Examples:
  galley main:app                        serve app of main.py on 127.0.0.1:8000
  galley main:app --reload               the same, and anew after every change
  galley ./public                        the files below ./public
  galley http://127.0.0.1:3000           a reverse proxy, WebSockets too
  galley ./public --proxy /api=http://127.0.0.1:3000
                                         files, and /api from another server
  galley -c galley.config.ts             apps, files and servers, typed
  galley -c nginx.conf                   the config that is already there
  galley shop.wsgi -b :80 -w 4           all interfaces, four workers
  galley shop:create_app --factory       an app that a function makes
  galley main:app -b unix:/run/shop      behind another web server
  galley main:app --tls auto --domain example.com
                                         https, with a certificate that is got
  galley main:app --tls dev              https for development
`,
  options: optionNames.filter(
    (name) => !['json', 'pid', 'control', 'app', 'weight', 'backup', 'key', 'prefix', 'tag', 'all'].includes(name),
  ),
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

/** `galley check FILE`. */
export const check: Command = {
  name: 'check',
  call: 'galley check',
  about: `Usage: galley check FILE [options]

Reads a config, galley.config.ts, .js or .json or an nginx.conf, and tells all
that is wrong with it, each with its place. Nothing is served. The exit code is
0 where the config is good and 1 where it is not.
`,
  examples: `
Examples:
  galley check galley.config.ts
  galley check /etc/nginx/nginx.conf --lenient
`,
  options: ['lenient', 'help'],
};

/** `galley convert FILE`. */
export const convert: Command = {
  name: 'convert',
  call: 'galley convert',
  about: `Usage: galley convert FILE [options]

Prints what an nginx.conf says as a galley.config.ts.
`,
  examples: `
Examples:
  galley convert nginx.conf > galley.config.ts
`,
  options: ['lenient', 'help'],
};
