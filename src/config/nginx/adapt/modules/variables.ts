import type { VariablePlan } from '../../../../plan/variable-plan.ts';
import type { Directive } from '../../syntax/tree.ts';
import type { Adaptation } from '../adaptation.ts';
import { argument, type Handlers } from '../handlers.ts';
import { isHostPattern } from '../host-pattern.ts';
import { readGeo } from './geo.ts';

/** What makes variables of others: nginx's map, geo and split_clients. */
export const variableHandlers: Handlers = {
  map: (directive, _scope, adaptation) => add(readMap(directive, adaptation), adaptation),
  geo: (directive, _scope, adaptation) => add(readGeo(directive, adaptation), adaptation),
  split_clients: (directive, _scope, adaptation) => add(readSplit(directive, adaptation), adaptation),
};

/** A later one of the same name takes the place of an earlier one. */
function add(plan: VariablePlan | undefined, { variables }: Adaptation): void {
  if (!plan) return;
  const before = variables.findIndex(({ variable }) => variable === plan.variable);
  if (before >= 0) variables.splice(before, 1);
  variables.push(plan);
}

function readMap(directive: Directive, adaptation: Adaptation): VariablePlan | undefined {
  const [source, name] = [argument(directive, 0), argument(directive, 1)];
  const template = adaptation.template(source.text, source);
  const variable = adaptation.defineVariable(name.text, name);
  const map = new MapEntries(adaptation);
  for (const entry of directive.block ?? []) map.add(entry);
  if (variable === undefined) return undefined;
  const { hostnames, volatile, entries, fallback } = map;
  return { kind: 'map', variable, source: template, entries, fallback: fallback ?? '', hostnames, volatile };
}

/** The lines of a map. */
class MapEntries {
  hostnames = false;
  volatile = false;
  fallback: string | undefined;
  readonly entries: { readonly key: string; readonly value: string }[] = [];
  readonly #keys = new Set<string>();
  readonly #adaptation: Adaptation;

  constructor(adaptation: Adaptation) {
    this.#adaptation = adaptation;
  }

  add(entry: Directive): void {
    const adaptation = this.#adaptation;
    const { name, args } = entry;
    const [value] = args;
    if (args.length === 0 && name === 'hostnames') this.hostnames = true;
    else if (args.length === 0 && name === 'volatile') this.volatile = true;
    else if (args.length !== 1 || !value) adaptation.error(entry, 'invalid number of the map parameters');
    else {
      const template = adaptation.template(value.text, value);
      if (name !== 'default') this.#addKey(name, template, entry);
      else if (this.fallback !== undefined) adaptation.error(entry, 'duplicate default map parameter');
      else this.fallback = template;
    }
  }

  /** A backslash in front keeps a key from being taken for something else; the plan has it where the key begins with `~`. */
  #addKey(name: string, value: string, place: Directive): void {
    const adaptation = this.#adaptation;
    if (name.startsWith('~')) {
      const ignoreCase = name.startsWith('~*');
      adaptation.pattern(name.slice(ignoreCase ? 2 : 1), ignoreCase, place);
      this.entries.push({ key: name, value });
      return;
    }
    const key = name.replace(/^\\(?!~)/, '');
    const text = key.replace(/^\\/, '');
    if (this.hostnames && !isHostPattern(text) && text !== '') {
      adaptation.error(place, `invalid hostname or wildcard "${text}"`);
      return;
    }
    // `.a` is both `a` and `*.a`.
    const lower = text.toLowerCase();
    const meant = this.hostnames && lower.startsWith('.') ? [`*${lower}`, lower.slice(1)] : [lower];
    const taken = meant.some((each) => this.#keys.has(each));
    for (const each of meant) this.#keys.add(each);
    if (taken) adaptation.error(place, `conflicting parameter "${text}"`);
    else this.entries.push({ key, value });
  }
}

function readSplit(directive: Directive, adaptation: Adaptation): VariablePlan | undefined {
  const [source, name] = [argument(directive, 0), argument(directive, 1)];
  const template = adaptation.template(source.text, source);
  const variable = adaptation.defineVariable(name.text, name);
  const parts: { readonly percent: number | undefined; readonly value: string }[] = [];
  let sum = 0;
  for (const entry of directive.block ?? []) {
    const value = entry.args[0]?.text ?? '';
    const [, digits] = /^(\d{1,3}(?:\.\d{1,2})?)%$/.exec(entry.name) ?? [];
    const percent = Number(digits);
    // What is behind `*` can have nothing.
    if (entry.name === '*') {
      parts.push({ percent: undefined, value });
      sum = 10_000;
    } else if (!(percent > 0)) adaptation.error(entry, `invalid percent value "${entry.name}"`);
    else {
      parts.push({ percent, value });
      sum += Math.round(percent * 100);
      if (sum > 10_000) adaptation.error(entry, 'percent total is greater than 100%');
    }
  }
  return variable === undefined ? undefined : { kind: 'split', variable, source: template, parts };
}
