import { parseNetwork } from '../../../../http/network.ts';
import { argument, choice, flag, type Handler, type Handlers } from '../handlers.ts';
import { warnLowBits } from '../networks.ts';

/** Who may come in: addresses, passwords, subrequests. */
export const accessHandlers: Handlers = {
  allow: rule(true),
  deny: rule(false),
  satisfy: choice(['all', 'any'], (satisfy) => ({ satisfy })),

  auth_basic: (directive, scope, adaptation) => {
    const realm = argument(directive, 0);
    scope.set({ basicAuth: { realm: realm.text === 'off' ? false : adaptation.template(realm.text, realm) } });
  },
  auth_basic_user_file: (directive, scope, adaptation) => {
    const file = argument(directive, 0);
    scope.set({ basicAuth: { userFile: adaptation.configPath(adaptation.template(file.text, file)) } });
  },

  auth_request: (directive, scope, adaptation) => {
    const uri = argument(directive, 0).text;
    scope.set({ authRequest: { uri: uri === 'off' ? false : adaptation.template(uri, directive) } });
  },
  auth_request_set: (directive, scope, adaptation) => {
    const [name, value] = [argument(directive, 0), argument(directive, 1)];
    const variable = adaptation.defineVariable(name.text, name);
    const template = adaptation.template(value.text, value);
    if (variable === undefined) return;
    scope.set({ authRequest: { set: [...(scope.block.authRequest?.set ?? []), { variable, value: template }] } });
  },

  mirror_request_body: flag((mirrorsBody) => ({ mirrorsBody })),
  mirror: (directive, scope, adaptation) => {
    const uri = argument(directive, 0);
    const isOff = uri.text === 'off';
    if (scope.block.mirrors && (isOff || scope.block.mirrors.length === 0)) {
      adaptation.error(directive, '"mirror" directive is duplicate');
      return;
    }
    if (isOff) scope.set({ mirrors: [] });
    else scope.append('mirrors', adaptation.template(uri.text, uri));
  },
};

function rule(allow: boolean): Handler {
  return (directive, scope, adaptation) => {
    const place = argument(directive, 0);
    const { text } = place;
    if (text !== 'all' && text !== 'unix:' && !parseNetwork(text)) {
      adaptation.error(place, `invalid parameter "${text}"`);
      return;
    }
    warnLowBits(text, place, adaptation);
    scope.append('access', { allow, network: text });
  };
}
