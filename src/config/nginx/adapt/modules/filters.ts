import { argument, flag, type Handlers, mediaTypes, template } from '../handlers.ts';

/** What changes the text of answers: nginx's charset, sub and addition. */
export const filterHandlers: Handlers = {
  charset: (directive, scope, adaptation) => {
    const place = argument(directive, 0);
    const charset = place.text === 'off' ? false : adaptation.template(place.text, place);
    scope.set({ charset: { charset } });
  },
  source_charset: template((source) => ({ charset: { source } })),
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
