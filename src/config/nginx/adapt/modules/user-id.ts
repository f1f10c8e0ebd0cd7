import { argument, choice, type Handler, type Handlers, number } from '../handlers.ts';
import { parseSeconds } from '../values.ts';

/** nginx's userid module. */
export const userIdHandlers: Handlers = {
  userid: choice(['on', 'v1', 'log', 'off'], (mode) => ({ userId: { mode: mode === 'off' ? false : mode } })),
  userid_name: (directive, scope) => scope.set({ userId: { name: argument(directive, 0).text } }),
  userid_domain: orNone('domain'),
  userid_path: (directive, scope) => scope.set({ userId: { path: argument(directive, 0).text } }),
  userid_p3p: orNone('p3p'),
  userid_service: number((service) => ({ userId: { service } })),
  userid_expires: (directive, scope, adaptation) => {
    const { text } = argument(directive, 0);
    const expires = text === 'max' ? text : parseSeconds(text);
    if (text === 'off') scope.set({ userId: { expires: undefined } });
    else if (expires === undefined) {
      adaptation.error(argument(directive, 0), '"userid_expires" directive invalid value');
    } else scope.set({ userId: { expires } });
  },
  userid_mark: (directive, scope, adaptation) => {
    const { text } = argument(directive, 0);
    if (text === 'off') scope.set({ userId: { mark: undefined } });
    else if (/^[A-Za-z\d=]$/.test(text)) scope.set({ userId: { mark: text } });
    else {
      const message = '"userid_mark" directive value must be "off" or a single letter, digit or "="';
      adaptation.error(argument(directive, 0), message);
    }
  },
  userid_flags: (directive, scope, adaptation) => {
    const flags: string[] = [];
    for (const each of directive.args) {
      if (!known.has(each.text)) adaptation.error(each, `invalid value "${each.text}"`);
      else if (each.text !== 'off') flags.push(each.text);
    }
    scope.set({ userId: { flags } });
  },
};

const known: ReadonlySet<string> = new Set([
  'off',
  'secure',
  'httponly',
  'samesite=strict',
  'samesite=lax',
  'samesite=none',
]);

function orNone(key: 'domain' | 'p3p'): Handler {
  return (directive, scope) => {
    const { text } = argument(directive, 0);
    scope.set({ userId: { [key]: text === 'none' ? undefined : text } });
  };
}
