import type { Block } from './config.ts';
import { defaults } from './defaults.ts';
import type { FullBlock } from './full-block.ts';

/** What a level has: its own, and of the outer level what it does not say. Groups are inherited field by field. */
export function inherit(outer: FullBlock, inner: Block): FullBlock {
  return {
    ...outer,
    ...inner,
    basicAuth: { ...outer.basicAuth, ...inner.basicAuth },
    authRequest: { ...outer.authRequest, ...inner.authRequest },
    secureLink: secureLink(outer.secureLink, inner.secureLink),
    autoindex: { ...outer.autoindex, ...inner.autoindex },
    compression: compression(outer.compression, inner.compression),
    charset: { ...outer.charset, ...inner.charset },
    substitution: { ...outer.substitution, ...inner.substitution },
    addition: { ...outer.addition, ...inner.addition },
    userId: { ...outer.userId, ...inner.userId },
    proxy: { ...outer.proxy, ...inner.proxy },
    proxyTls: { ...outer.proxyTls, ...inner.proxyTls },
    cache: { ...outer.cache, ...inner.cache },
  };
}

/**
 * What a location, or what stands outside of locations, inherits: all but what is of its own place alone. `replaced` is the path
 * that an alias of the outer level stands for, '' for a pattern's. As in nginx, `internal` goes on to inner locations.
 */
export function inheritInLocation(outer: FullBlock, inner: Block, replaced: string): FullBlock {
  const { root } = outer;
  return inherit(
    {
      ...outer,
      content: defaults.content,
      tryFiles: undefined,
      limitExcept: undefined,
      root: root.isAlias && root.aliasOf === undefined ? { ...root, aliasOf: replaced } : root,
    },
    inner,
  );
}

/**
 * What an `if` block has: all of the location around it, its content too, but no `try_files`, as in nginx. `limit_except` stays:
 * in nginx the rules of a location are not followed for the methods that it is for.
 */
export function inheritInIf(outer: FullBlock, inner: Block): FullBlock {
  return inherit({ ...outer, tryFiles: undefined }, inner);
}

function compression(outer: FullBlock['compression'], inner: Block['compression']): FullBlock['compression'] {
  return {
    ...outer,
    ...inner,
    gzip: { ...outer.gzip, ...inner?.gzip },
    brotli: { ...outer.brotli, ...inner?.brotli },
    zstd: { ...outer.zstd, ...inner?.zstd },
  };
}

function secureLink(outer: FullBlock['secureLink'], inner: Block['secureLink']): FullBlock['secureLink'] {
  if (inner === undefined || inner.kind === 'secret' || outer?.kind === 'secret') return inner ?? outer;
  return { ...outer, ...inner };
}
