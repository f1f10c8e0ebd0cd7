export { defineConfig } from './config/define-config.ts';
export type * from './config/schema/user-config.ts';
export type * from './config/schema/user-settings.ts';
