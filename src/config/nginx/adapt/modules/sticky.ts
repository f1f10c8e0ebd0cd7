import type { Sticky } from '../../../../plan/upstream-plan.ts';
import { cookieFlags, cookieNamePattern, cookieTextPattern } from '../../../cookie-texts.ts';
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

function readCookie(
  directive: Directive,
  [name, ...parameters]: readonly Argument[],
  adaptation: Adaptation,
): Sticky | undefined {
  if (!name) return adaptation.error(directive, noArguments);
  if (!cookieNamePattern.test(name.text)) return adaptation.error(name, `"${name.text}" is no name of a cookie`);
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
    const flag = cookieFlags.find((known) => known === each.text.toLowerCase());
    const isAttribute = (key === 'domain' || key === 'path') && cookieTextPattern.test(value);
    if (expires !== undefined) sticky = { ...sticky, expires };
    else if (isAttribute) sticky = { ...sticky, [key]: value };
    else if (flag !== undefined) sticky = { ...sticky, flags: [...sticky.flags, flag] };
    else return adaptation.error(each, `invalid parameter "${each.text}"`);
  }
  return sticky;
}
