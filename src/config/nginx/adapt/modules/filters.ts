import { isToken } from '../../../../http/token.ts';
import { recoding } from '../../../../site/reply/recoding.ts';
import type { Directive } from '../../syntax/tree.ts';
import type { Adaptation } from '../adaptation.ts';
import { argument, flag, type Handlers, mediaTypes, template } from '../handlers.ts';
import type { Scope } from '../scope.ts';

/** What changes the text of answers: nginx's charset, sub and addition. */
export const filterHandlers: Handlers = {
  charset: (directive, scope, adaptation) => {
    const place = argument(directive, 0);
    const charset = place.text === 'off' ? false : adaptation.template(place.text, place);
    // nginx sends it as it is, and the rest of the field with it.
    if (!place.text.includes('$') && !isToken(place.text)) {
      adaptation.error(place, `"${place.text}" is no name of a charset`);
    }
    scope.set({ charset: { charset } });
    adaptation.later(() => checkPair(directive, scope, adaptation));
  },
  source_charset: (directive, scope, adaptation) => {
    template((source) => ({ charset: { source } }))(directive, scope, adaptation);
    adaptation.later(() => checkPair(directive, scope, adaptation));
  },
  override_charset: flag((override) => ({ charset: { override } })),
  charset_types: mediaTypes((types) => ({ charset: { types } })),

  sub_filter: (directive, scope, adaptation) => {
    const [from, to] = [argument(directive, 0), argument(directive, 1)];
    if (from.text === '') adaptation.error(from, 'empty search pattern');
    const replacement = { from: adaptation.template(from.text, from), to: adaptation.template(to.text, to) };
    scope.set({ substitution: { replacements: [...(scope.block.substitution?.replacements ?? []), replacement] } });
  },
  sub_filter_once: flag((once) => ({ substitution: { once } })),
  sub_filter_last_modified: flag((keepsLastModified) => ({ substitution: { keepsLastModified } })),
  sub_filter_types: mediaTypes((types) => ({ substitution: { types } })),

  add_before_body: template((before) => ({ addition: { before } })),
  add_after_body: template((after) => ({ addition: { after } })),
  addition_types: mediaTypes((types) => ({ addition: { types } })),
};

/** Whether there is a way from the one charset to the other, as far as it is known by now. */
function checkPair(directive: Directive, scope: Scope, adaptation: Adaptation): void {
  const [from, to] = [charsetIn(scope, 'source'), charsetIn(scope, 'charset')];
  if (!from || !to || from === 'off' || `${from}${to}`.includes('$') || from.toLowerCase() === to.toLowerCase()) return;
  if (recoding(from, to) || !adaptation.isFirst('charsets', `${from} ${to}`)) return;
  adaptation.error(directive, `no "charset_map" between the charsets "${from}" and "${to}"`);
}

function charsetIn({ block, outer }: Scope, key: 'charset' | 'source'): string | false | undefined {
  return block.charset?.[key] ?? (outer && charsetIn(outer, key));
}
