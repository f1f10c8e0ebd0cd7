export { defineConfig } from './config/define-config.ts';
export type * from './config/schema/user-caches.ts';
export type * from './config/schema/user-config.ts';
export type * from './config/schema/user-proxies.ts';
export type * from './config/schema/user-settings.ts';
export type * from './config/schema/user-upstreams.ts';
