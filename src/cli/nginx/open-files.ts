import type { Config } from '../../config/config.ts';
import { resolve } from '../../config/resolve.ts';
import { pathBytes } from '../../observe/error-log.ts';
import { LogFiles } from '../../observe/log-files.ts';
import type { LocationPlan, Rule } from '../../plan/location-plan.ts';
import type { Settings } from '../../plan/settings.ts';

/** Opens every log that a config names, as nginx does when it tests one: those that are missing are made. Throws LogFileError. */
export function openLogs(config: Config, hostname: string): void {
  const paths = new Set<string>();
  const add = ({ errorLogs, accessLogs }: Pick<Settings, 'errorLogs' | 'accessLogs'>): void => {
    for (const { target } of [...errorLogs, ...accessLogs]) {
      if (target.kind === 'file' && !target.path.includes('$')) paths.add(target.path);
    }
  };
  add({ errorLogs: config.process.errorLogs ?? [], accessLogs: [] });
  for (const server of resolve(config, { hostname }).servers) {
    add(server.settings);
    forEachSettings(server.rules, server.locations, add);
  }
  const files = new LogFiles(() => {});
  try {
    for (const path of paths) files.open(pathBytes(path));
  } finally {
    void files.close();
  }
}

function forEachSettings(
  rules: readonly Rule[],
  locations: readonly LocationPlan[],
  use: (settings: Settings) => void,
): void {
  for (const rule of rules) {
    if (rule.kind !== 'if') continue;
    if (rule.settings) use(rule.settings);
    forEachSettings(rule.rules, [], use);
  }
  for (const location of locations) {
    use(location.settings);
    forEachSettings(location.rules, location.locations, use);
  }
}
