import { type Compression, type FileSettings, proxiedConditions } from '../../../../plan/settings.ts';
import type { ServerBlock } from '../../../config.ts';
import { argument, choice, flag, type Handler, type Handlers, mediaTypes, number, offset } from '../handlers.ts';

type Encoding = FileSettings['precompressed'][number]['encoding'];

/** Best first, where a client takes several. */
const preference: readonly Encoding[] = ['br', 'zstd', 'gzip'];

/** Compression by nginx's gzip modules, and by those for brotli and zstd. Types and the least length are those of all three. */
export const gzipHandlers: Handlers = {
  gzip: flag((enabled) => ({ compression: { gzip: { enabled } } })),
  gzip_comp_level: number((level) => ({ compression: { gzip: { level } } }), 1, 9),
  gzip_types: typesOf(),
  gzip_min_length: leastLength(),
  gzip_vary: flag((vary) => ({ compression: { vary } })),
  gzip_http_version: choice(['1.0', '1.1'], (httpVersion) => ({ compression: { httpVersion } })),
  gzip_proxied: (directive, scope, adaptation) => {
    const proxied: Compression['proxied'][number][] = [];
    for (const each of directive.args) {
      const found = proxiedConditions.find((condition) => condition === each.text.toLowerCase());
      if (found === undefined) adaptation.error(each, `invalid value "${each.text}"`);
      else if (proxied.includes(found)) adaptation.warn(each, `duplicate value "${each.text}"`);
      else proxied.push(found);
    }
    scope.set({ compression: { proxied } });
  },
  gzip_disable: (directive, scope, adaptation) => {
    const disable = [...(scope.block.compression?.disable ?? [])];
    for (const each of directive.args) {
      // `degradation` is for a lack of memory in nginx's own allocator.
      if (each.text === 'degradation') continue;
      const text = each.text.replace(notServicePack, '$1');
      disable.push(text === 'msie6' ? internetExplorer6 : adaptation.pattern(text, true, each));
    }
    scope.set({ compression: { disable } });
  },
  gzip_static: precompressed('gzip'),
  gunzip: flag((gunzip) => ({ gunzip })),

  brotli: flag((enabled) => ({ compression: { brotli: { enabled } } })),
  brotli_comp_level: number((level) => ({ compression: { brotli: { level } } }), 0, 11),
  brotli_types: typesOf(),
  brotli_min_length: leastLength(),
  brotli_static: precompressed('br'),
  zstd: flag((enabled) => ({ compression: { zstd: { enabled } } })),
  zstd_comp_level: number((level) => ({ compression: { zstd: { level } } }), 1, 22),
  zstd_types: typesOf(),
  zstd_min_length: leastLength(),
  zstd_static: precompressed('zstd'),
};

/** What nginx's `msie6` stands for, with those of Windows XP that could take it. */
const internetExplorer6 = 'MSIE [4-6]\\.';

/** What many configs have in its place, with a look ahead for Windows XP, which is left out here as it is above. */
const notServicePack = /^(MSIE \[\d-6\]\\?\.)\(\?!\.\*SV1\)$/;

/** Adds to the types that a neighbour for another encoding has said. */
function typesOf(): Handler {
  return (directive, scope, adaptation) => {
    const before = scope.block.compression?.types ?? [];
    const settings = (types: readonly string[]): ServerBlock => {
      const all = new Set([...before, ...types]);
      return { compression: { types: all.has('*') ? ['*'] : [...all] } };
    };
    mediaTypes(settings)(directive, scope, adaptation);
  };
}

/** The smallest that a block says. */
function leastLength(): Handler {
  return (directive, scope, adaptation) => {
    const before = scope.block.compression?.minLength ?? Number.POSITIVE_INFINITY;
    const settings = (value: number): ServerBlock => ({ compression: { minLength: Math.min(before, value) } });
    offset(settings)(directive, scope, adaptation);
  };
}

function precompressed(encoding: Encoding): Handler {
  return (directive, scope, adaptation) => {
    const { text } = argument(directive, 0);
    const others = (scope.inherited('precompressed') ?? []).filter((each) => each.encoding !== encoding);
    if (!/^(?:on|off|always)$/i.test(text)) {
      adaptation.error(argument(directive, 0), `invalid value "${text}"`);
      return;
    }
    const own = text.toLowerCase() === 'off' ? [] : [{ encoding, always: text.toLowerCase() === 'always' }];
    const all = [...others, ...own].sort(
      (one, other) => preference.indexOf(one.encoding) - preference.indexOf(other.encoding),
    );
    scope.set({ precompressed: all });
  };
}
