/** One extension that a client offers, with its parameters in order (RFC 6455 §9.1). */
export interface ExtensionOffer {
  readonly name: string;
  readonly parameters: readonly (readonly [name: string, value: string | undefined])[];
}

const maxOffers = 16; // browsers send one or two
const maxParameters = 16; // permessage-deflate has four

const tokenCharacter = "[!#$%&'*+.^_`|~0-9A-Za-z-]";
const token = `${tokenCharacter}+`;
// One way to match each character: a repetition inside a repetition would take a time that doubles with each.
const quoted = `"(?<quoted>(?:\\\\?${tokenCharacter})+)"`;
const item = new RegExp(
  `[ \\t]*(?<name>${token})(?:[ \\t]*=[ \\t]*(?:(?<bare>${token})|${quoted}))?[ \\t]*(?<next>[;,]|$)`,
  'y',
);

/** Reads a Sec-WebSocket-Extensions value, repeated fields joined by commas. Undefined where it is malformed or unreasonably long. */
export function parseExtensions(value: string): readonly ExtensionOffer[] | undefined {
  const offers: ExtensionOffer[] = [];
  let parameters: [string, string | undefined][] | undefined;
  item.lastIndex = 0;
  for (;;) {
    const groups = item.exec(value)?.groups;
    if (!groups) return undefined;
    const name = groups['name'] as string;
    const argument = groups['bare'] ?? groups['quoted']?.replaceAll('\\', '');
    if (parameters) {
      parameters.push([name, argument]);
    } else {
      if (argument !== undefined) return undefined;
      parameters = [];
      offers.push({ name, parameters });
    }
    if (parameters.length > maxParameters || offers.length > maxOffers) return undefined;
    if (groups['next'] === '') return offers;
    if (groups['next'] === ',') parameters = undefined;
  }
}
