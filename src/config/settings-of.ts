import type { Addition, Charset, Compression, RefererPlan, SecureLinkPlan, Settings } from '../plan/settings.ts';
import type { FullBlock } from './full-block.ts';

/** The settings of a level of which all is known: what is not used is left out. */
export function settingsOf(block: FullBlock): Settings {
  const { basicAuth, authRequest, autoindex, substitution, addition, userId } = block;
  return {
    ...block,
    basicAuth: basicAuth.realm === false ? undefined : { ...basicAuth, realm: basicAuth.realm },
    authRequest: authRequest.uri === false ? undefined : { ...authRequest, uri: authRequest.uri },
    referers: block.referers && { ...noReferers, ...block.referers },
    secureLink: secureLinkOf(block.secureLink),
    autoindex: autoindex.enabled
      ? { format: autoindex.format, exactSize: autoindex.exactSize, localTime: autoindex.localTime }
      : undefined,
    expires: block.expires || undefined,
    compression: compressionOf(block),
    charset: charsetOf(block),
    substitution: substitution.replacements.length > 0 ? substitution : undefined,
    addition: additionOf(addition),
    userId: userId.mode === false ? undefined : { ...userId, mode: userId.mode },
    cache: cacheOf(block),
  };
}

/** Where nobody says one, what is text here is UTF-8; of what another server sends only that server knows. */
function charsetOf({ charset, content }: FullBlock): Charset | undefined {
  const name = charset.charset ?? (content.kind === 'proxy' ? false : 'utf-8');
  return name === false ? undefined : { ...charset, charset: name };
}

/** An empty path is none: so nginx switches off what is inherited. */
function additionOf({ before, after, types }: FullBlock['addition']): Addition | undefined {
  return before || after ? { before: before || undefined, after: after || undefined, types } : undefined;
}

/** nginx keeps what comes from elsewhere alone, even where a whole server has a cache. */
function cacheOf({ cache, content }: FullBlock): Settings['cache'] {
  if (cache.cache === false || (cache.rules === 'nginx' && content.kind !== 'proxy' && content.kind !== 'app')) {
    return undefined;
  }
  return { ...cache, cache: cache.cache };
}

const noReferers: RefererPlan = { none: false, blocked: false, names: [], serverNames: false };

function secureLinkOf(block: FullBlock['secureLink']): SecureLinkPlan | undefined {
  if (block?.kind === 'secret') return block;
  return block?.link === undefined || block.md5 === undefined
    ? undefined
    : { kind: 'md5', link: block.link, md5: block.md5 };
}

/** The encodings in the order in which they are preferred. Precompressed files follow `vary` and its like without any. */
function compressionOf({ compression, precompressed }: FullBlock): Compression | undefined {
  const { gzip, brotli, zstd, ...others } = compression;
  const encoders = [
    { encoding: 'br', ...brotli },
    { encoding: 'zstd', ...zstd },
    { encoding: 'gzip', ...gzip },
  ] as const;
  const encodings = encoders.filter(({ enabled }) => enabled).map(({ encoding, level }) => ({ encoding, level }));
  return encodings.length > 0 || precompressed.length > 0 ? { encodings, ...others } : undefined;
}
