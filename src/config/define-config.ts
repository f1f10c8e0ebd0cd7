import type { UserConfig } from './schema/user-config.ts';

/** What a galley.config.ts exports; it gives its argument back, so that editors know the options. */
export function defineConfig(config: UserConfig): UserConfig {
  return config;
}
