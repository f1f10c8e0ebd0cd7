import type { Balance } from '../../../../plan/upstream-plan.ts';
import type { Directive } from '../../syntax/tree.ts';
import type { Adaptation } from '../adaptation.ts';
import { argument, type Handler, type Handlers } from '../handlers.ts';
import type { UpstreamDraft } from './upstream-draft.ts';

/** How an upstream spreads requests. */
export function balanceHandlers(draft: UpstreamDraft): Handlers {
  const method = (read: (directive: Directive, adaptation: Adaptation) => Balance | undefined): Handler => {
    return (directive, _scope, adaptation) => {
      if (draft.balance) adaptation.warn(directive, 'load balancing method redefined');
      draft.balance = read(directive, adaptation) ?? draft.balance;
    };
  };
  return {
    least_conn: method(() => ({ kind: 'least-connections' })),
    ip_hash: method(() => ({ kind: 'ip-hash' })),
    hash: method((directive, adaptation) => {
      const [key, mode] = [argument(directive, 0), directive.args[1]];
      const template = adaptation.template(key.text, key);
      if (mode && mode.text !== 'consistent') return adaptation.error(mode, `invalid parameter "${mode.text}"`);
      return { kind: 'hash', key: template, isConsistent: mode !== undefined };
    }),
    random: method((directive, adaptation) => {
      const [two, by] = directive.args;
      if (two && two.text !== 'two') return adaptation.error(two, `invalid parameter "${two.text}"`);
      if (by && !Object.hasOwn(ofTwo, by.text)) return adaptation.error(by, `invalid parameter "${by.text}"`);
      if (by?.text === 'least_time=last_byte') {
        adaptation.unsupported(
          by,
          'Galley does not have "least_time=last_byte" of "random"',
          'write "least_time=header"',
        );
      }
      // nginx's is by connections where nothing is said.
      return { kind: 'random', two: two && ofTwo[by?.text ?? 'least_conn'] };
    }),
    least_time: method((directive, adaptation) => {
      const [of, inflight] = [argument(directive, 0), directive.args[1]];
      if (inflight && inflight.text !== 'inflight') {
        return adaptation.error(inflight, `invalid parameter "${inflight.text}"`);
      }
      if (inflight) adaptation.unsupported(inflight, 'Galley does not have "inflight" of "least_time"', 'leave it out');
      if (of.text === 'header') return { kind: 'least-time', of: 'header' };
      if (of.text === 'last_byte') return { kind: 'least-time', of: 'last-byte' };
      return adaptation.error(of, `invalid parameter "${of.text}"`);
    }),
  };
}

const ofTwo: Readonly<Record<string, 'least-connections' | 'least-time'>> = {
  least_conn: 'least-connections',
  'least_time=header': 'least-time',
  'least_time=last_byte': 'least-time',
};
