import { defaults } from '../../src/config/defaults.ts';
import type { ProxySettings } from '../../src/plan/proxy-plan.ts';

/** What a proxy of a typed config does that says nothing else. */
export const defaultProxy: ProxySettings = defaults.proxy;
