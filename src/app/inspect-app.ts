import type { AppOptions } from './options.ts';
import { AppStartError } from './start-error.ts';
import { type AppInspection, type LoadedApp, Zygote } from './supervision/zygote.ts';

/** An app that was imported to be looked at. */
export interface InspectedApp {
  readonly loaded: LoadedApp;
  readonly inspection: AppInspection;
}

/**
 * Imports an app as starting it does and tells what was found; no worker is forked. `python`: path of the interpreter.
 * Rejects with AppStartError.
 */
export async function inspectApp(python: string, app: AppOptions): Promise<InspectedApp> {
  const events = { forked: () => {}, exited: () => {}, gone: () => {} };
  const zygote = new Zygote(python, app, [], events, true);
  try {
    const loaded = await zygote.loaded();
    if (!loaded.inspection) throw new AppStartError('Cannot inspect the app: its Python did not tell about it', '');
    return { loaded, inspection: loaded.inspection };
  } finally {
    await zygote.close();
  }
}
