/** Folders that hold other people's code or what programs made, besides hidden ones. */
const foreignFolders: readonly string[] = ['venv', 'node_modules', '__pycache__', 'site-packages'];

/**
 * Whether a path, relative to an app's folder, leads to a Python file that belongs to the app, or may be a folder with such files.
 * A package's folder has no dot in its name, so one that has is not looked into.
 */
export function mayHoldOwnSource(path: string): boolean {
  return path
    .split('/')
    .every((part) => !foreignFolders.includes(part) && (!part.includes('.') || /^[^.].*\.py$/.test(part)));
}

/** Whether a path, relative to an app's folder, is that of a Python file that belongs to the app. */
export function isOwnSource(path: string): boolean {
  return path.endsWith('.py') && mayHoldOwnSource(path);
}
