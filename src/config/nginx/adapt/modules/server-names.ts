import type { Argument } from '../../syntax/tree.ts';
import type { Adaptation } from '../adaptation.ts';
import type { Handler } from '../handlers.ts';
import { isHostPattern } from '../host-pattern.ts';

/** nginx's `server_name`. */
export const serverNames: Handler = ({ args }, { server }, adaptation) => {
  for (const each of args) {
    const name = readName(each, adaptation);
    if (name !== undefined && !server?.names.has(name)) server?.names.set(name, each.at);
  }
};

function readName(place: Argument, adaptation: Adaptation): string | undefined {
  const { text } = place;
  if (text === '$hostname') return adaptation.context.hostname.toLowerCase();
  if (text.startsWith('~')) {
    if (text === '~') {
      adaptation.error(place, 'empty regex in server name "~"');
      return undefined;
    }
    adaptation.pattern(text.slice(1), true, place);
    return text;
  }
  if (text.includes('/')) adaptation.warn(place, `server name "${text}" has suspicious symbols`);
  if (text !== '' && !isHostPattern(text)) {
    adaptation.error(place, `server name "${text}" is invalid`);
    return undefined;
  }
  return text.toLowerCase();
}
