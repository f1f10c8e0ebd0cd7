import { controlSocketsIn, RuntimeFolderError, runtimeFolder } from '../../server/control/runtime-folder.ts';
import { askStatus } from './ask-control.ts';
import { ControlFailure } from './control-failure.ts';

/** Which Galley is meant, where that was said. */
export interface Chosen {
  readonly pid?: number | undefined;
  /** The path of its control socket. */
  readonly control?: string | undefined;
}

/** The paths of the control sockets of all that may be meant, at least one. Rejects with {@link ControlFailure} where there is none. */
export async function findGalleys({ pid, control }: Chosen): Promise<readonly string[]> {
  if (control !== undefined) return [control];
  const folder = runtimeFolder();
  const sockets = await listeningIn(folder);
  const meant = sockets.filter((socket) => pid === undefined || socket.pid === pid);
  if (meant.length > 0) return meant.map(({ path }) => path);
  const which = pid === undefined ? 'No Galley' : `No Galley with process id ${pid}`;
  throw new ControlFailure(`${which} is running here (looked in ${folder})`);
}

/**
 * The control socket of the one that is meant: of several, the only one that is not stopping, as after an upgrade. Rejects with
 * {@link ControlFailure} where there is none, or several.
 */
export async function findGalley(chosen: Chosen): Promise<string> {
  const paths = await findGalleys(chosen);
  const [only = ''] = paths;
  if (paths.length === 1) return only;
  const all = await Promise.all(paths.map(lookAt));
  const staying = all.filter(({ isStopping }) => !isStopping);
  const [first] = staying;
  if (first && staying.length === 1) return first.path;
  const choices = (first ? staying : all).map(({ choice }) => choice);
  throw new ControlFailure(`Several Galleys are running. Choose one:\n${choices.join('\n')}`, 2);
}

async function listeningIn(folder: string): ReturnType<typeof controlSocketsIn> {
  try {
    return await controlSocketsIn(folder);
  } catch (error) {
    if (error instanceof RuntimeFolderError) throw new ControlFailure(error.message);
    throw error;
  }
}

interface Found {
  readonly path: string;
  readonly isStopping: boolean;
  /** How to choose it. */
  readonly choice: string;
}

async function lookAt(path: string): Promise<Found> {
  try {
    const { pid, apps, state } = await askStatus(path);
    const choice = `  --pid ${pid}  ${apps.map(({ name }) => name).join(', ')}`;
    return { path, isStopping: state === 'stopping', choice };
  } catch (error) {
    if (!(error instanceof ControlFailure)) throw error;
    return { path, isStopping: false, choice: `  --control ${path}  (${error.message})` };
  }
}
