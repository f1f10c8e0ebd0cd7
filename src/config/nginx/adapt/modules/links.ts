import type { RefererPlan } from '../../../../plan/settings.ts';
import type { Template } from '../../../../plan/site-plan.ts';
import type { Argument } from '../../syntax/tree.ts';
import type { Adaptation } from '../adaptation.ts';
import { argument, type Handler, type Handlers } from '../handlers.ts';
import { isHostPattern } from '../host-pattern.ts';

/** Links that are checked: nginx's referer and secure_link modules. */
export const linkHandlers: Handlers = {
  valid_referers: (directive, scope, adaptation) => {
    const before = scope.block.referers;
    const names = [...(before?.names ?? [])];
    const kinds = { none: false, blocked: false, serverNames: false };
    for (const each of directive.args) {
      if (each.text === 'none') kinds.none = true;
      else if (each.text === 'blocked') kinds.blocked = true;
      else if (each.text === 'server_names') kinds.serverNames = true;
      else addReferer(each, names, adaptation);
    }
    const referers: RefererPlan = {
      none: kinds.none || before?.none === true,
      blocked: kinds.blocked || before?.blocked === true,
      serverNames: kinds.serverNames || before?.serverNames === true,
      names,
    };
    if (names.length === 0 && !referers.serverNames) {
      const message =
        'the "none" or "blocked" referers are specified in the "valid_referers" directive without any valid referer';
      adaptation.error(directive, message);
    }
    scope.set({ referers });
  },

  secure_link: part((link) => ({ link })),
  secure_link_md5: part((md5) => ({ md5 })),
  secure_link_secret: (directive, scope, adaptation) => {
    if (scope.block.secureLink) adaptation.error(directive, mixed);
    else scope.set({ secureLink: { kind: 'secret', secret: argument(directive, 0).text } });
  },
};

const mixed = '"secure_link_secret" cannot be mixed with "secure_link" and "secure_link_md5"';

function part(of: (text: Template) => { readonly link: Template } | { readonly md5: Template }): Handler {
  return (directive, scope, adaptation) => {
    const place = argument(directive, 0);
    const before = scope.block.secureLink;
    const field = of(adaptation.template(place.text, place));
    if (before?.kind === 'secret') adaptation.error(directive, mixed);
    else scope.set({ secureLink: { ...before, kind: 'md5', ...field } });
  };
}

function addReferer(place: Argument, names: string[], adaptation: Adaptation): void {
  const { text } = place;
  if (text.startsWith('~')) {
    if (text === '~') adaptation.error(place, 'empty regex in "~"');
    else adaptation.pattern(text.slice(1), true, place);
    names.push(text);
    return;
  }
  const host = text.split('/', 1)[0] ?? '';
  if (text === '') adaptation.error(place, 'invalid referer ""');
  else if (!isHostPattern(host)) adaptation.error(place, `invalid hostname or wildcard "${host}"`);
  else if (names.some((name) => name.split('/', 1)[0] === host.toLowerCase())) {
    adaptation.error(place, `conflicting parameter "${text}"`);
  }
  names.push(text.slice(0, host.length).toLowerCase() + text.slice(host.length));
}
