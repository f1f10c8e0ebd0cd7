import { bindText } from '../front/listen.ts';
import type { ServeOptions } from '../server/options.ts';
import type { RunningServer } from '../server/running-server.ts';
import { version } from '../server/version.ts';
import { interfaceNames } from './interface-names.ts';
import { pythonName } from './python-name.ts';

/** What the terminal shows when the server listens, `startedMs` milliseconds after the program began. */
export function banner(options: ServeOptions, server: RunningServer, startedMs: number): string {
  const { app, python, binds } = server;
  const { target, directory } = options.app;
  const addresses = binds.map((bind) => (bind.kind === 'tcp' ? `http://${bindText(bind)}` : bindText(bind)));
  const [state, until] = app
    ? [interfaceNames[app.interface], '']
    : server.isRestarting
      ? ['starting', '; the app is starting']
      : ['not running', '; the app starts when a change has been saved'];
  return `Galley ${version}

  App      ${target}, ${state}, in ${directory}
  Python   ${app ? pythonName(app) : python.path}, ${python.origin}
  Workers  ${workersText(options, server)}
  Address  ${addresses.join('  ')}

Ready in ${Math.round(startedMs)} ms${until}. Ctrl-C stops it.
`;
}

function workersText(options: ServeOptions, { app, workerPids }: RunningServer): string {
  if (!app) return 'none yet';
  const threads = app.interface === 'wsgi' ? `, ${options.app.threads} threads each` : '';
  return `${workerPids.length}${threads}, ${app.preloaded ? 'forked with the app imported' : 'each imports the app'}`;
}
