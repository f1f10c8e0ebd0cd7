import { inspectApp } from '../app/inspect-app.ts';
import type { AppOptions } from '../app/options.ts';
import { findPython } from '../app/python.ts';
import { type Inspected, inspectionJson, inspectionText } from './inspection.ts';
import { startFailureText } from './start-failure.ts';

/** Imports the app, prints what was found, and gives the exit code: 1 where it cannot be imported, or its startup failed. */
export async function inspect(app: AppOptions, json: boolean): Promise<number> {
  let found: Inspected;
  try {
    const python = await findPython(app);
    found = { app, python, ...(await inspectApp(python.path, app)) };
  } catch (error) {
    const text = startFailureText(error, app.target);
    if (text === undefined) throw error;
    process.stderr.write(text);
    return 1;
  }
  process.stdout.write(json ? `${JSON.stringify(inspectionJson(found), null, 2)}\n` : inspectionText(found));
  return found.inspection.lifespan?.state === 'failed' ? 1 : 0;
}
