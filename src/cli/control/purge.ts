import { tellControl } from './ask-control.ts';
import { type ControlCommand, type ControlRequest, controlOptions } from './control-command.ts';
import { ControlFailure } from './control-failure.ts';
import { findGalley } from './find-galley.ts';

const ways = ['key', 'prefix', 'tag', 'all'] as const;

/** `galley purge CACHE`. */
export const purge: ControlCommand = {
  name: 'purge',
  call: 'galley purge',
  word: 'CACHE',
  about: `Usage: galley purge CACHE --key KEY [options]
       galley purge CACHE --prefix PREFIX [options]
       galley purge CACHE --tag TAG [options]
       galley purge CACHE --all [options]

Removes answers from a cache of a running Galley. "galley caches" tells which
caches there are. Unless a config says otherwise, a key is the URL of a
request: with its port where the client named one that is not the scheme's,
and with a # and the location's name where the request was sent there by a
redirect of the server. In an nginx.conf it is what proxy_cache_key says.
`,
  examples: `
Examples:
  galley purge pages --key http://example.com/a
  galley purge pages --prefix http://example.com/blog/
  galley purge pages --tag article-7
  galley purge pages --all
`,
  options: [...ways, ...controlOptions],
  prepare(cache) {
    return async (request) => {
      const what = chosenWay(request);
      const path = await findGalley(request.chosen);
      process.stdout.write(`${await tellControl(path, 'POST', '/purge', { cache, ...what })}\n`);
      return 0;
    };
  },
};

/** Throws {@link ControlFailure} where none is given, or several. */
function chosenWay({ key, prefix, tag, all }: ControlRequest): Readonly<Record<string, unknown>> {
  const given = { key, prefix, tag, all: all || undefined };
  const [way, another] = ways.filter((each) => given[each] !== undefined);
  if (way === undefined)
    throw new ControlFailure('Say what is removed: --key KEY, --prefix PREFIX, --tag TAG or --all', 2);
  if (another !== undefined) {
    throw new ControlFailure(`Cannot use --${way} together with --${another}: each says what is removed`, 2);
  }
  return { [way]: given[way] };
}
