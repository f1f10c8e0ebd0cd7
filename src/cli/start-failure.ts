import { PythonNotFound } from '../app/python.ts';
import { AppStartError } from '../app/start-error.ts';
import { closestName } from '../core/closest-name.ts';
import { ListenError } from '../front/listen.ts';
import { LogFileError } from '../observe/log-file.ts';
import { ControlSocketError } from '../server/control/control-server.ts';
import { RuntimeFolderError } from '../server/control/runtime-folder.ts';
import { ServingError } from '../server/serving.ts';
import { SocketFolderError } from '../server/socket-folder.ts';
import { TlsFileError } from '../tls/tls-file-error.ts';
import { controlCommands } from './control/control-commands.ts';

const refusals = [
  ListenError,
  TlsFileError,
  PythonNotFound,
  ServingError,
  LogFileError,
  ControlSocketError,
  RuntimeFolderError,
  SocketFolderError,
];

/** How the command line says what these messages ask for at their end. */
const optionHints = [
  { asked: 'choose another address', options: '--port or --bind' },
  { asked: 'the folder of the app', options: '--app-dir' },
  { asked: 'Name the one to use', options: '--python PATH' },
] as const;

/** What a person reads when the app `target` cannot be imported or served; undefined for a defect of ours. `isConfig`: options of the command line do not say it. */
export function startFailureText(error: unknown, target: string, isConfig = false): string | undefined {
  const optionHint = (message: string): string => {
    const found = isConfig ? undefined : optionHints.find(({ asked }) => message.endsWith(asked));
    return found ? ` with ${found.options}` : '';
  };
  if (error instanceof AppStartError) {
    const hint = error.message.includes(`there is no module "${target}"`) ? commandHint(target) : '';
    return `galley: ${error.message}${optionHint(error.message)}${hint}\n${error.traceback && `\n${error.traceback.trimEnd()}\n`}`;
  }
  if (error instanceof Error && refusals.some((each) => error instanceof each)) {
    return `galley: ${error.message}${optionHint(error.message)}\n`;
  }
  return undefined;
}

/** A word that is nearly a command was taken for an app, which it may have been. */
function commandHint(word: string): string {
  const meant = closestName(
    word,
    controlCommands.map(({ name }) => name),
  );
  return meant === undefined ? '' : `. Did you mean "galley ${meant}"?`;
}
