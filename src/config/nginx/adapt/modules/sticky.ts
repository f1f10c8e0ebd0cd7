import type { Sticky } from '../../../../site/plan/upstream-plan.ts';
import type { Argument, Directive } from '../../syntax/tree.ts';
import type { Adaptation } from '../adaptation.ts';
import { argument } from '../handlers.ts';
import { parseSeconds } from '../values.ts';

/** nginx's `sticky`. Undefined where it is none, which is told. */
export function readSticky(directive: Directive, adaptation: Adaptation): Sticky | undefined {
  const kind = argument(directive, 0);
  const others = directive.args.slice(1);
  switch (kind.text) {
    case 'cookie':
      return readCookie(directive, others, adaptation);
    case 'route':
      if (others.length === 0) return adaptation.error(directive, noArguments);
      return { kind: 'route', variables: others.map((each) => adaptation.template(each.text, each)) };
    case 'learn':
      return adaptation.unsupported(kind, 'Galley does not have "sticky learn"', 'write "sticky cookie NAME"');
    default:
      return adaptation.error(kind, `invalid parameter "${kind.text}"`);
  }
}

const noArguments = 'invalid number of arguments in "sticky" directive';
const flags: ReadonlySet<string> = new Set(['httponly', 'secure', 'samesite=strict', 'samesite=lax', 'samesite=none']);

function readCookie(
  directive: Directive,
  [name, ...parameters]: readonly Argument[],
  adaptation: Adaptation,
): Sticky | undefined {
  if (!name) return adaptation.error(directive, noArguments);
  let sticky: Extract<Sticky, { kind: 'cookie' }> = {
    kind: 'cookie',
    name: name.text,
    expires: undefined,
    domain: undefined,
    path: undefined,
    flags: [],
  };
  for (const each of parameters) {
    const [, key, value = ''] = /^(expires|domain|path)=(.*)$/s.exec(each.text) ?? [];
    const expires = key === 'expires' ? (value === 'max' ? value : parseSeconds(value)) : undefined;
    if (expires !== undefined) sticky = { ...sticky, expires };
    else if (key === 'domain' || key === 'path') sticky = { ...sticky, [key]: value };
    else if (flags.has(each.text.toLowerCase()))
      sticky = { ...sticky, flags: [...sticky.flags, each.text.toLowerCase()] };
    else return adaptation.error(each, `invalid parameter "${each.text}"`);
  }
  return sticky;
}
