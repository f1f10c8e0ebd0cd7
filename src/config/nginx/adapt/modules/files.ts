import type { Directive } from '../../syntax/tree.ts';
import type { Adaptation } from '../adaptation.ts';
import { argument, choice, flag, type Handler, type Handlers, number } from '../handlers.ts';
import type { Scope } from '../scope.ts';

/** Where files are and how they are sent: nginx's core, static, index and autoindex. */
export const fileHandlers: Handlers = {
  root: folder(false),
  alias: folder(true),
  index: (directive, scope, adaptation) => {
    const last = directive.args.length - 1;
    const index = directive.args.flatMap((each, position) => {
      if (each.text === '') {
        adaptation.error(each, 'index "" in "index" directive is invalid');
        return [];
      }
      if (each.text.startsWith('/') && position < last) {
        adaptation.warn(each, 'only the last index in "index" directive should be absolute');
      }
      return adaptation.template(each.text, each);
    });
    scope.set({ index: [...(scope.block.index ?? []), ...index] });
  },
  autoindex: flag((enabled) => ({ autoindex: { enabled } })),
  autoindex_format: choice(['html', 'json', 'jsonp', 'xml'], (format) => ({ autoindex: { format } })),
  autoindex_exact_size: flag((exactSize) => ({ autoindex: { exactSize } })),
  autoindex_localtime: flag((localTime) => ({ autoindex: { localTime } })),

  types: ({ block }, scope, adaptation) => {
    const types: Record<string, string> = { ...scope.block.types };
    for (const { name: type, args } of block ?? []) {
      for (const { text, at } of args) {
        const extension = text.toLowerCase();
        const before = Object.hasOwn(types, extension) ? types[extension] : undefined;
        if (before !== undefined && before !== type) {
          const message = `duplicate extension "${text}", content type: "${type}", previous content type: "${before}"`;
          adaptation.warn({ at }, message);
        }
        types[extension] = type;
      }
    }
    scope.set({ types });
  },
  default_type: (directive, scope) => scope.set({ defaultType: argument(directive, 0).text }),
  etag: flag((etag) => ({ etag })),
  if_modified_since: choice(['off', 'exact', 'before'], (ifModifiedSince) => ({ ifModifiedSince })),
  max_ranges: number((maxRanges) => ({ maxRanges })),
  log_not_found: flag((logsNotFound) => ({ logsNotFound })),
  disable_symlinks: (directive, scope, adaptation) => {
    const [mode, from] = [argument(directive, 0), directive.args[1]];
    const symlinks = Object.hasOwn(symlinkModes, mode.text) ? symlinkModes[mode.text] : undefined;
    if (symlinks === undefined) adaptation.error(mode, `invalid parameter "${mode.text}"`);
    else scope.set({ symlinks });
    if (from && !from.text.startsWith('from=')) adaptation.error(from, `invalid parameter "${from.text}"`);
    // Galley looks at what is below the root alone, which is what most write here.
    else if (from && from.text !== 'from=$document_root') {
      adaptation.unsupported(
        from,
        `Galley does not have "${from.text}" of "disable_symlinks"`,
        'write "from=$document_root"',
      );
    }
  },

  empty_gif: (_directive, scope) => scope.set({ content: { kind: 'empty-gif' } }),
  stub_status: (_directive, scope) => scope.set({ content: { kind: 'stub-status' } }),
};

const symlinkModes: Readonly<Record<string, 'allow' | 'deny' | 'same-owner'>> = {
  off: 'allow',
  on: 'deny',
  if_not_owner: 'same-owner',
};

function folder(isAlias: boolean): Handler {
  return (directive, scope, adaptation) => {
    if (!isFirstFolder(directive, scope, adaptation)) return;
    const place = argument(directive, 0);
    const variable = /\$\{?(document_root|realpath_root)\b/.exec(place.text)?.[1];
    if (variable) {
      adaptation.error(place, `the $${variable} variable cannot be used in the "${directive.name}" directive`);
    }
    if (isAlias && scope.match?.kind === 'named') {
      adaptation.error(directive, 'the "alias" directive cannot be used inside the named location');
    }
    const path = adaptation.path(adaptation.template(place.text, place));
    scope.set({ root: { path: isAlias ? path : path.replace(/(?<=.)\/$/, ''), isAlias } });
  };
}

/** Whether this is the only `root` or `alias` of its block. */
function isFirstFolder(directive: Directive, scope: Scope, adaptation: Adaptation): boolean {
  const earlier = ['root', 'alias'].find((name) => scope.said.has(name));
  scope.said.set(directive.name, directive.at);
  // The parser tells of the same one twice.
  if (earlier !== undefined && earlier !== directive.name) {
    const message = `"${directive.name}" directive is duplicate, "${earlier}" directive was specified earlier`;
    adaptation.error(directive, message);
  }
  return earlier === undefined;
}
