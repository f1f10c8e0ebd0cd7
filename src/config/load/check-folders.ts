import { type Stats, statSync } from 'node:fs';
import type { AppConfig } from '../app-config.ts';
import type { Block, Config, LocationConfig } from '../config.ts';
import type { UserConfig } from '../schema/user-config.ts';
import type { ConfigPath, ConfigProblem } from '../typed/conversion.ts';
import { valueAt } from '../typed/places.ts';

/** Folders and files that a config names and that do not exist: an app cannot do without, other things may come to be. */
export function checkFolders(user: UserConfig, config: Config): readonly ConfigProblem[] {
  const { apps, defaults, servers } = config;
  return [
    ...Object.entries(apps).flatMap(([name, app]) => checkApp(app, ['apps', name])),
    ...checkBlock(user, defaults, ['defaults']),
    ...servers.flatMap((server, index) => {
      const path = ['servers', index];
      return [...checkBlock(user, server, path), ...checkLocations(user, server.locations, path)];
    }),
  ];
}

function checkApp({ directory, interpreter }: AppConfig, path: ConfigPath): readonly ConfigProblem[] {
  const folder = directory === undefined ? undefined : factsOf(directory);
  const problems: ConfigProblem[] = [];
  if (directory !== undefined && !folder?.isDirectory()) {
    const message = `Cannot run the app in "${directory}": ${folder ? 'it is no folder' : 'there is no such folder'}`;
    problems.push({ severity: 'error', path: [...path, 'directory'], message });
  }
  if (interpreter?.includes('/') && !factsOf(interpreter)) {
    const message = `Cannot run the app by "${interpreter}": there is no such file`;
    problems.push({ severity: 'error', path: [...path, 'interpreter'], message });
  }
  return problems;
}

function checkLocations(
  user: UserConfig,
  locations: readonly LocationConfig[],
  around: ConfigPath,
): readonly ConfigProblem[] {
  return locations.flatMap((location, index) => {
    const path = [...around, 'locations', index];
    return [...checkBlock(user, location, path), ...checkLocations(user, location.locations, path)];
  });
}

function checkBlock(user: UserConfig, { root, basicAuth }: Block, path: ConfigPath): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const isMissing = (name: string): boolean => !name.includes('$') && factsOf(name) === undefined;
  if (root && isMissing(root.path)) {
    const option = valueAt(user, [...path, 'files']) === undefined ? 'root' : 'files';
    const message = `"${root.path}" does not exist: what is served from it will be missing`;
    problems.push({ severity: 'warning', path: [...path, option], message });
  }
  if (basicAuth?.userFile && isMissing(basicAuth.userFile)) {
    const message = `There is no file "${basicAuth.userFile}": nobody can come in`;
    problems.push({ severity: 'warning', path: [...path, 'basicAuth', 'userFile'], message });
  }
  return problems;
}

/** Undefined for what is not there, or cannot be looked at. */
function factsOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
