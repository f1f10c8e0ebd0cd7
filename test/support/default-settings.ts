import { defaults } from '../../src/config/defaults.ts';
import { tlsDefaults } from '../../src/config/tls-defaults.ts';
import type { ProxySettings } from '../../src/plan/proxy-plan.ts';
import type { TlsPlan } from '../../src/plan/tls-plan.ts';

/** What a proxy of a typed config does that says nothing else. */
export const defaultProxy: ProxySettings = defaults.proxy;

export const defaultTls: TlsPlan = tlsDefaults;
