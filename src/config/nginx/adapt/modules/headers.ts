import { isToken } from '../../../../http/token.ts';
import type { Expires } from '../../../../plan/settings.ts';
import type { Directive } from '../../syntax/tree.ts';
import type { Adaptation } from '../adaptation.ts';
import { argument, type Handler, type Handlers } from '../handlers.ts';
import { parseSeconds } from '../values.ts';

/** nginx's headers module, and what is common of headers_more. */
export const headerHandlers: Handlers = {
  add_header: addedField('headers'),
  add_trailer: addedField('trailers'),
  add_header_inherit: inheritance('headers'),
  add_trailer_inherit: inheritance('trailers'),
  expires: (directive, scope, adaptation) => {
    const expires = readExpires(directive, adaptation);
    if (expires !== undefined) scope.set({ expires });
  },

  more_set_headers: (directive, scope, adaptation) => {
    for (const each of directive.args) {
      const [, name, value] = /^([^\s:]+):\s*(.*)$/s.exec(each.text) ?? [];
      if (name === undefined || value === undefined) {
        adaptation.unsupported(
          each,
          `Galley does not have "${each.text}" of "${directive.name}"`,
          'write "Name: value"',
        );
      } else if (!isToken(name)) {
        adaptation.error(each, `"${name}" is no name of a header`);
      } else if (name.toLowerCase() === 'server' && !value.includes('$')) {
        scope.set({ serverHeader: { kind: 'text', text: value } });
      } else {
        const field = { name, value: adaptation.template(value, each), always: true, replaces: true };
        scope.append('headers', field);
      }
    }
  },
};

/** What many a snippet adds to answers without content. */
const framing: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding', 'connection']);

function addedField(key: 'headers' | 'trailers'): Handler {
  return (directive, scope, adaptation) => {
    const [name, value, always] = [argument(directive, 0), argument(directive, 1), directive.args[2]];
    const field = { name: name.text, value: adaptation.template(value.text, value), always: always !== undefined };
    if (always && always.text !== 'always') adaptation.error(always, `invalid parameter "${always.text}"`);
    // nginx sends a field without a name; that is none.
    if (name.text === '') adaptation.error(name, `"${directive.name}" needs a name`);
    else if (!isToken(name.text)) adaptation.error(name, `"${name.text}" is no name of a header`);
    else if (key === 'headers' && framing.has(name.text.toLowerCase())) {
      adaptation.warn(directive, `"${directive.name} ${name.text}" changes nothing`, 'Galley frames answers itself');
      scope.set({ headers: scope.block.headers ?? [] });
    } else scope.append(key, field);
  };
}

/** nginx 1.29.3: `merge` adds what is around to what the block has, `off` leaves out what is around. */
function inheritance(key: 'headers' | 'trailers'): Handler {
  return (directive, scope, adaptation) => {
    const { text } = argument(directive, 0);
    const isSaid = scope.block[key] !== undefined;
    if (text === 'off' && !isSaid) scope.set({ [key]: [] });
    else if (text === 'merge') {
      scope.set({ [key]: [...(scope.outer?.inherited(key) ?? []), ...(scope.block[key] ?? [])] });
    } else if (text !== 'on' && text !== 'off') {
      adaptation.error(argument(directive, 0), `invalid value "${text}"`);
    }
  };
}

const day = 86_400;

function readExpires(directive: Directive, adaptation: Adaptation): Expires | false | undefined {
  const isModified = directive.args.length === 2;
  const place = argument(directive, isModified ? 1 : 0);
  const { text } = place;
  const wrong = (what: string): undefined => adaptation.error(place, `"expires" directive ${what}`);
  if (isModified && argument(directive, 0).text !== 'modified') return wrong('invalid value');
  const from = isModified ? 'modified' : 'now';
  if (text.includes('$')) return { kind: 'template', text: adaptation.template(text, place), from };
  if (!isModified && text === 'off') return false;
  if (!isModified && (text === 'epoch' || text === 'max')) return { kind: text };
  if (text.startsWith('@')) {
    const seconds = parseSeconds(text.slice(1));
    if (seconds === undefined) return wrong('invalid value');
    if (isModified) return wrong('daily time cannot be used with "modified" parameter');
    return seconds > day ? wrong('daily time value must be less than 24 hours') : { kind: 'daily', seconds };
  }
  const seconds = parseSeconds(text.replace(/^[+-]/, ''));
  if (seconds === undefined) return wrong('invalid value');
  return { kind: 'after', from, seconds: text.startsWith('-') ? 0 - seconds : seconds };
}
