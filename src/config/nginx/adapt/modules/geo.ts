import { parseNetwork } from '../../../../http/network.ts';
import type { GeoPlan } from '../../../../plan/variable-plan.ts';
import { addressRange, overlappingRanges } from '../../../networks.ts';
import type { Directive } from '../../syntax/tree.ts';
import type { Adaptation } from '../adaptation.ts';
import { argument } from '../handlers.ts';
import { warnLowBits } from '../networks.ts';

/** nginx's `geo`. Its values have no variables in them. */
export function readGeo(directive: Directive, adaptation: Adaptation): GeoPlan | undefined {
  const hasSource = directive.args.length === 2;
  const [source, name] = [argument(directive, 0), argument(directive, hasSource ? 1 : 0)];
  if (hasSource && (!source.text.startsWith('$') || source.text === '$')) {
    return adaptation.error(source, `invalid variable name "${source.text}"`);
  }
  const template = hasSource ? adaptation.template(source.text, source) : '$remote_addr';
  const variable = adaptation.defineVariable(name.text, name);
  const geo = new GeoEntries(adaptation);
  for (const entry of directive.block ?? []) geo.add(entry);
  if (variable === undefined) return undefined;
  const [later, earlier] = overlappingRanges([...geo.networks.keys()]) ?? [];
  const overlapping = directive.block?.findLast(({ name: network }) => network === later);
  if (geo.ranges && overlapping) adaptation.error(overlapping, `range "${later}" overlaps "${earlier}"`);
  const entries = [...geo.networks].map(([network, value]) => ({ network, value }));
  const { fallback = '', ranges, proxies, proxyRecursive } = geo;
  return { kind: 'geo', variable, source: template, entries, fallback, ranges, proxies, proxyRecursive };
}

/** The lines of a geo block. */
class GeoEntries {
  ranges = false;
  proxyRecursive = false;
  fallback: string | undefined;
  readonly proxies: string[] = [];
  readonly networks = new Map<string, string>();
  readonly #adaptation: Adaptation;

  constructor(adaptation: Adaptation) {
    this.#adaptation = adaptation;
  }

  add(entry: Directive): void {
    const { name, args } = entry;
    const [value] = args;
    if (args.length === 0 && name === 'ranges') this.#useRanges(entry);
    else if (args.length === 0 && name === 'proxy_recursive') this.proxyRecursive = true;
    else if (args.length !== 1 || !value) {
      this.#adaptation.error(entry, 'invalid number of the geo parameters');
    } else if (name === 'proxy') {
      if (this.#isNetwork(value.text, entry)) this.proxies.push(value.text);
    } else if (name === 'default') {
      if (this.fallback !== undefined) this.#tellTwice('default', value.text, this.fallback, entry);
      this.fallback = value.text;
    } else if (name === 'delete') this.#delete(value.text, entry);
    else if (this.ranges ? this.#isRange(name, entry) : this.#isNetwork(name, entry)) {
      const before = this.networks.get(name);
      if (before !== undefined) this.#tellTwice(name, value.text, before, entry);
      this.networks.set(name, value.text);
    }
  }

  #useRanges(entry: Directive): void {
    if (this.networks.size > 0) {
      const message = 'the "ranges" directive must be the first directive inside "geo" block';
      this.#adaptation.error(entry, message);
    }
    this.ranges = true;
  }

  #delete(text: string, entry: Directive): void {
    if (!(this.ranges ? this.#isRange(text, entry) : this.#isNetwork(text, entry))) return;
    const what = this.ranges ? 'address range' : 'network';
    if (!this.networks.delete(text)) this.#adaptation.warn(entry, `no ${what} "${text}" to delete`);
  }

  #isNetwork(text: string, place: Directive): boolean {
    if (!parseNetwork(text)) {
      this.#adaptation.error(place, `invalid network "${text}"`);
      return false;
    }
    warnLowBits(text, place, this.#adaptation);
    return true;
  }

  #isRange(text: string, place: Directive): boolean {
    if (addressRange(text)) return true;
    this.#adaptation.error(place, `invalid range "${text}"`);
    return false;
  }

  #tellTwice(network: string, value: string, before: string, place: Directive): void {
    this.#adaptation.warn(place, `duplicate network "${network}", value: "${value}", old value: "${before}"`);
  }
}
