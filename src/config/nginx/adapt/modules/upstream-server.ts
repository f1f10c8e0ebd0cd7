import type { PeerPlan } from '../../../../plan/upstream-plan.ts';
import { cookieTextPattern } from '../../../cookie-texts.ts';
import type { Directive } from '../../syntax/tree.ts';
import type { Adaptation } from '../adaptation.ts';
import { argument } from '../handlers.ts';
import { parseUpstreamUrl } from '../upstream-url.ts';
import { parseMilliseconds, parseNumber, parseSeconds } from '../values.ts';
import type { UpstreamDraft } from './upstream-draft.ts';

/** What nginx has of a peer where nothing is said. */
export const peerDefaults: Omit<PeerPlan, 'address'> = {
  weight: 1,
  maxFails: 1,
  failTimeoutMs: 10_000,
  maxConnections: 0,
  isBackup: false,
  isDown: false,
  slowStartMs: 0,
  route: undefined,
  resolves: false,
  service: undefined,
};

/** Ways of balancing that know no backup, where they are said before the server. */
const withoutBackup: ReadonlySet<string> = new Set(['hash', 'ip-hash', 'random']);

/** `server` of an upstream. Undefined where it is none, which is told. */
export function readServer(directive: Directive, draft: UpstreamDraft, adaptation: Adaptation): PeerPlan | undefined {
  const place = argument(directive, 0);
  let peer = peerDefaults;
  for (const each of directive.args.slice(1)) {
    if (each.text === 'backup' && draft.balance && withoutBackup.has(draft.balance.kind)) {
      return adaptation.error(each, 'balancing method does not support parameter "backup"');
    }
    if (each.text === 'drain') adaptation.unsupported(each, 'Galley does not have "drain" of "server"', 'write "down"');
    const fields = readParameter(each.text);
    if (fields === undefined) return adaptation.error(each, `invalid parameter "${each.text}"`);
    peer = { ...peer, ...fields };
  }
  const url = parseUpstreamUrl(place.text, { defaultPort: 80, takesUri: false });
  if ('problem' in url) return adaptation.error(place, `${url.problem} in upstream "${place.text}"`);
  if (peer.service !== undefined && !peer.resolves) {
    return adaptation.error(directive, `service upstream "${place.text}" requires "resolve" parameter`);
  }
  if (peer.service !== undefined && url.port !== undefined) {
    return adaptation.error(directive, `service upstream "${place.text}" may not have port`);
  }
  return { ...peer, address: url.address };
}

function readParameter(text: string): Partial<PeerPlan> | undefined {
  switch (text) {
    case 'backup':
      return { isBackup: true };
    case 'down':
    case 'drain':
      return { isDown: true };
    case 'resolve':
      return { resolves: true };
    default: {
      const [, name = '', value = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
      const read = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
      return read?.(value);
    }
  }
}

/** `name=value` parameters; undefined for a value that is none. */
const parameters: Readonly<Record<string, (value: string) => Partial<PeerPlan> | undefined>> = {
  weight: (value) => whole(parseNumber(value) || undefined, (weight) => ({ weight })),
  max_conns: (value) => whole(parseNumber(value), (maxConnections) => ({ maxConnections })),
  max_fails: (value) => whole(parseNumber(value), (maxFails) => ({ maxFails })),
  fail_timeout: (value) => whole(parseSeconds(value), (seconds) => ({ failTimeoutMs: seconds * 1000 })),
  slow_start: (value) => whole(parseMilliseconds(value), (slowStartMs) => ({ slowStartMs })),
  // It stands in cookies.
  route: (route) => (cookieTextPattern.test(route) ? { route } : undefined),
  service: (service) => (service === '' ? undefined : { service }),
};

function whole(value: number | undefined, fields: (value: number) => Partial<PeerPlan>): Partial<PeerPlan> | undefined {
  return value === undefined ? undefined : fields(value);
}
