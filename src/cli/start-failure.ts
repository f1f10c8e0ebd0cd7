import { PythonNotFound } from '../app/python.ts';
import { AppStartError } from '../app/start-error.ts';
import { ListenError } from '../front/listen.ts';

/** What a person reads when an app cannot be imported or served; undefined for a defect of ours. */
export function startFailureText(error: unknown): string | undefined {
  if (error instanceof AppStartError)
    return `galley: ${error.message}\n${error.traceback && `\n${error.traceback.trimEnd()}\n`}`;
  if (error instanceof ListenError || error instanceof PythonNotFound) return `galley: ${error.message}\n`;
  return undefined;
}
