import { isDeepStrictEqual } from 'node:util';
import type { ProxySettings, ProxyTls } from '../../plan/proxy-plan.ts';
import type { Block, Config } from '../config.ts';
import { defaults } from '../defaults.ts';
import { mapBlocks } from '../map-blocks.ts';

interface ProxyLevel {
  readonly proxy: ProxySettings;
  readonly proxyTls: ProxyTls;
}

/** The config without what levels say of proxies and would have anyway: an adapted `grpc_pass` says all of it. */
export function withoutInheritedProxies(config: Config): Config {
  return mapBlocks<ProxyLevel>(config, levelOf(config.defaults, defaults), (block, outer) => {
    const { proxy, proxyTls } = block;
    return {
      fields: {
        ...(proxy && { proxy: different(proxy, outer.proxy) }),
        ...(proxyTls && { proxyTls: different(proxyTls, outer.proxyTls) }),
      },
      state: levelOf(block, outer),
    };
  });
}

function levelOf({ proxy, proxyTls }: Block, outer: ProxyLevel): ProxyLevel {
  return { proxy: { ...outer.proxy, ...proxy }, proxyTls: { ...outer.proxyTls, ...proxyTls } };
}

function different<T extends object>(own: Partial<T>, outer: T): Partial<T> {
  const names = Object.keys(own) as (keyof T & string)[];
  return Object.fromEntries(
    names.filter((name) => !isDeepStrictEqual(own[name], outer[name])).map((name) => [name, own[name]]),
  ) as Partial<T>;
}
